"""Joining modules into one script."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from offline import SCRIPTS

from sketch_rnn.studio.modules import joined_modules

MODULES = {
    "entry.js": (
        '/** Says it. */\nimport { said as heard, Twice } from "./far/other.js";\n'
        'import {\n  base,\n  log,\n} from "./base.js";\nimport "./effect.js";\n'
        "/** @type {string} */ (base) && log(/** @type {any} */ (heard()));\n"
        "const kept = 2; /** @type {import('./base.js').Kind} */\nlog(new Twice(kept).value);\n"
        'log("import { x } from text");\n'
    ),
    "base.js": 'export const base = "b";\nexport function log(text) {\n  console.log(text);\n}\n',
    "effect.js": 'import { log } from "./base.js";\nlog("effect");\nlet kept = 1;\n',
    "far/other.js": (
        'import { base } from "../base.js";\nconst kept = 1;\n'
        "export const said = () => base + kept;\n"
        "export class Twice {\n  constructor(n) {\n    this.value = 2 * n;\n  }\n}\n"
    ),
}


def written(folder, modules):
    for name, text in modules.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder / "entry.js"


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_script_does_what_the_modules_do(tmp_path):
    entry = written(tmp_path, MODULES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    script = joined_modules(entry)
    assert "/**" not in script
    runs = [
        subprocess.run(["node", *words], capture_output=True, text=True, check=True).stdout
        for words in ([str(entry)], ["-e", script])
    ]
    assert runs[0] == runs[1] == "effect\nb1\n4\nimport { x } from text\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('import all from "./base.js";\n', "import all"),
        ('import * as all from "./base.js";\n', "import \\* as"),
        ('export { base } from "./base.js";\n', "export { base }"),
        ("export default 1;\n", "export default"),
        ("export let count = 0;\n", "export let"),
        ('const late = await import("./base.js");\n', "import"),
    ],
)
def test_other_forms_are_refused(tmp_path, text, what):
    entry = written(tmp_path, {"entry.js": text, "base.js": "export const base = 1;\n"})
    with pytest.raises(ValueError, match=f"entry.js: cannot join '.*{what}"):
        joined_modules(entry)


def test_modules_that_import_each_other(tmp_path):
    modules = {
        "entry.js": 'import { other } from "./other.js";\nexport const entry = 1;\n',
        "other.js": 'import { entry } from "./entry.js";\nexport const other = 1;\n',
    }
    with pytest.raises(ValueError, match=r"entry.js imports itself by way of other.js"):
        joined_modules(written(tmp_path, modules))


@pytest.mark.parametrize("name", ["page_main.js", "worker_main.js"])
def test_the_page_itself(name):
    script = joined_modules(SCRIPTS / name)
    assert len(script) < 120_000
    assert "fetch(" not in script
