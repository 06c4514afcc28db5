"""The project's parts agree with each other: files, lock, address, docstrings."""

import ast
import graphlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from benchmarks import startup
from helpers import colab
from tools import bench, lock, notebooks, results_image, train
from tools.check_notebooks import HERE_ONLY, normal

ROOT = notebooks.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
MODULES = sorted((ROOT / "helpers").rglob("*.py"))
CODE = [
    path
    for folder in ("helpers", "tools", "recipes", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
HOSTS = re.compile(r"https?://|--(?:index-url|extra-index-url|find-links)|file:")
FLOORS = [  # a name at helpers' top imports itself and what stands on a lower floor
    {"checks", "exercises", "files", "memory", "colab"},
    {"splits", "grammar", "images", "sampling"},
    {"text", "audio", "metrics", "training"},
    {"models", "plots"},
    {"course", "listening"},
    {"datasets", "checkpoints", "environment"},
    {"judges", "pretrained"},
    {"safety"},
    {"apps"},
    {"serving", "fetch"},
]
TOP_LEVEL = 26  # names that a reader meets when opening helpers, at most
FOLDER = 12  # modules and packages in one folder, at most
NEVER_IMPORTED = {  # dependencies that are programs or data
    "ipykernel",
    "music21",  # only its scores are read; tests ask it what they mean
    "speechmos",  # only its network is read
}


def names(path):
    return str(path.relative_to(ROOT))


def tracked_files():
    command = ["git", "ls-files", "-z"]
    answer = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in answer.stdout.split("\0") if name]


def requirement_name(requirement: str) -> str:
    return normal(re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0])


def locked() -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE):
        versions.setdefault(normal(name), set()).add(version)
    return versions


def test_environment_installs_the_lock_on_a_supported_python():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert text.startswith("name: aigc-course\n")
    assert re.findall(r"- python=(\d\.\d+)", text) == ["3.12"]
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert "- pip:\n      - -r requirements.txt\n" in text


def test_every_dependency_is_locked_within_its_bound():
    from packaging.requirements import Requirement

    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    bounds: dict[str, list] = {}
    for requirement in map(Requirement, wanted):
        bounds.setdefault(normal(requirement.name), []).append(requirement.specifier)
    for name, specifiers in bounds.items():  # several if they depend on the Python
        found = locked().get(name, set())
        assert len(found) >= len(specifiers), f"{name}: make lock"
        for version in found:
            assert any(one.contains(version) for one in specifiers), (name, version)


def test_lock_has_hashes_and_names_no_index_or_host():
    assert not HOSTS.search(LOCK)
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) > 50
    assert all("--hash=sha256:" in block for block in blocks)


def test_every_third_party_import_of_helpers_is_declared():
    declared = {requirement_name(one) for one in PROJECT["dependencies"]}
    owners = packages_distributions()
    missing = [
        f"{names(path)} imports {module}"
        for path in MODULES
        for module in sorted(third_party(ast.parse(path.read_text(encoding="utf-8"))))
        if not declared & set(map(normal, owners.get(module, [])))
    ]
    assert not missing


def test_every_declared_dependency_is_imported():
    sources = [path.read_text(encoding="utf-8") for path in CODE]
    for path in sorted(notebooks.NOTEBOOKS.glob("*.ipynb")):
        cells = notebooks.read_notebook(path)["cells"]
        sources += [one["source"] for one in cells if one["cell_type"] == "code"]
    modules = set().union(*(third_party(ast.parse(source)) for source in sources))
    owners = packages_distributions()
    used = {normal(one) for module in modules for one in owners.get(module, [])}
    declared = {requirement_name(one) for one in PROJECT["dependencies"]}
    assert declared - used == NEVER_IMPORTED


@pytest.mark.parametrize("package", ["torch", "tensorflow-text", "nvidia-cublas-cu12"])
def test_lock_keeps_out_what_breaks_some_systems(package):
    lines = [one for one in LOCK.splitlines() if one.startswith(f"{package}==")]
    assert all("sys_platform" in one or "platform_system" in one for one in lines)


def test_lock_is_made_by_the_recorded_command():
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    command = re.search(r"^lock:.*\n((?:\t.*\n)+)", make, re.MULTILINE)[1]
    assert "tools/lock.py" in command
    assert {"--universal", "--generate-hashes", "--no-emit-index-url"} <= {
        *lock.RESOLVE
    }


def test_makefile_has_the_promised_targets():
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", make, re.MULTILINE))
    promised = "env lab test run render train bench lint lock address help test-browser"
    assert set(promised.split()) <= targets
    phony = set(re.search(r"^\.PHONY: (.*)$", make, re.MULTILINE)[1].split())
    assert targets == phony


def test_continuous_integration_and_binder_scripts_are_executable():
    for name in (".ci/run", "postBuild", "tools/make_env.sh"):
        path = ROOT / name
        assert path.stat().st_mode & 0o111, name
        subprocess.run(["bash", "-n", path], check=True)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.index("\nmake test\n") < script.index("install -y")
    assert script.endswith("\nAIGC_BROWSER=required make test-browser\n")
    assert not (ROOT / "binder").exists()
    assert not (ROOT / ".binder").exists()


@pytest.mark.parametrize("module", startup.MODULES)
def test_import_is_quick_and_light(module):
    runs = [startup.measure(module) for _ in range(3)]
    assert not runs[0][1] & set(startup.HEAVY)
    assert min(seconds for seconds, _ in runs) < startup.PROMISE


def test_address_is_the_same_everywhere():
    url = notebooks.repository(ROOT)
    assert notebooks.ADDRESS.fullmatch(url)
    name = url.rsplit("/", 1)[1]
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        text = path.read_text(encoding="utf-8")
        clones = re.findall(r"git clone (\S+)", text)
        assert set(clones) <= {url}, path.name
        slugs = re.findall(r"colab\.research\.google\.com/github/([^/]+/[^/]+)/", text)
        slugs += re.findall(r"mybinder\.org/v2/gh/([^/]+/[^/]+)/", text)
        assert {f"https://github.com/{slug}" for slug in slugs} <= {url}, path.name
        assert f"cd {name}" in text or not clones, path.name
    for path in sorted(notebooks.NOTEBOOKS.glob("*.ipynb")):
        lesson = notebooks.read_notebook(path)
        source = "\n".join(cell["source"] for cell in lesson["cells"][:3])
        assert notebooks.badges(path.stem, url) in source, path.name
        assert notebooks.bootstrap(url) in source, path.name


def test_no_tracked_file_names_a_machine():
    said = []
    texts = {".py", ".md", ".toml", ".yml", ".sh", ".txt", ".csv", ".json", ".tsv", ""}
    for path in tracked_files():
        if path.suffix not in texts or path == ROOT / "tests" / "test_notebooks.py":
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#!") and HERE_ONLY.search(line):
                said.append(f"{names(path)}: {line.strip()[:160]}")
    allowed = re.compile(r"tools/check_notebooks\.py: |/path/to/|/usr/share/dataset")
    assert not [one for one in said if not allowed.search(one)]


@pytest.mark.parametrize("path", CODE, ids=names)
def test_module_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def functions(tree):
    """Yield (name, node, is public) of every function and method."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node, not node.name.startswith("_")
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    shown = not (node.name + inner.name).startswith("_")
                    public = shown and not inner.name.startswith("_")
                    yield f"{node.name}.{inner.name}", inner, public


def body_lines(path, node) -> int:
    """Count a function's lines without docstring, decorators, signature and blanks."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    if not body:
        return 0
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(map(bool, lines[body[0].lineno - 1 : body[-1].end_lineno]))


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_functions_are_short_and_described(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    faults = [] if ast.get_docstring(tree) else ["the module has no docstring"]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in classes:
        if not node.name.startswith("_") and not ast.get_docstring(node):
            faults.append(f"class {node.name} has no docstring")
    for name, node, public in functions(tree):
        if (length := body_lines(path, node)) > 30:
            faults.append(f"{name} has {length} lines, wanted at most 30")
        if public:
            faults += undescribed(name, node)
    assert not faults, "\n".join(faults)


KERAS_METHODS = {"call", "build", "get_config", "compute_output_shape", "train_step"}


def undescribed(name, node) -> list[str]:
    text = ast.get_docstring(node) or ""
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    arguments = [one.arg for one in every if one.arg not in ("self", "cls")]
    method = name.split(".")[-1] if "." in name else ""
    if not text:
        return [] if method in KERAS_METHODS else [f"{name} has no docstring"]
    faults = []
    first = text.splitlines()[0]
    if not first.endswith((".", "?", ":")):
        faults.append(f"{name}: the first line is no sentence: {first!r}")
    unnamed = [one for one in arguments if one not in re.findall(r"\w+", text)]
    if len(arguments) > 1 and not method and unnamed:
        faults.append(f"{name}: the docstring does not name {unnamed}")
    if every and not method and not any(one.annotation for one in every):
        faults.append(f"{name} has no type hints")
    return faults


def imported(tree) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "wanted absolute imports"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
            found.add(node.module)
    return found


def third_party(tree) -> set[str]:
    """Return the top-level packages imported that are neither Python's nor ours."""
    own = sys.stdlib_module_names | {path.parent.name for path in CODE}
    return {name.split(".")[0] for name in imported(tree)} - own


def import_graph() -> dict[str, set[str]]:
    """Return which modules of helpers each of them imports, lazily or not."""
    modules = {}
    for path in MODULES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        modules[name.removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    graph = {name: imported(ast.parse(text)) for name, text in modules.items()}
    graph = {name: found & modules.keys() - {name} for name, found in graph.items()}
    # `from helpers.audio import checks` names a module: the door is not what it wants
    return {
        name: {one for one in found if not is_only_the_way(one, found)}
        for name, found in graph.items()
    }


def is_only_the_way(door: str, found: set[str]) -> bool:
    """Tell whether a package is imported only for a module in it."""
    return any(other.startswith(f"{door}.") for other in found)


def test_imports_run_in_no_circle():
    graphlib.TopologicalSorter(import_graph()).prepare()  # CycleError names the circle


def top(name: str) -> str:
    """Return the name at helpers' top that a dotted module name begins with."""
    return name.split(".")[1]


def test_every_name_at_the_top_has_a_floor():
    shown = {top(name) for name in import_graph() if "." in name}
    floors = [name for floor in FLOORS for name in floor]
    assert len(floors) == len(set(floors))
    assert shown <= set(floors)
    assert len(shown) <= TOP_LEVEL


def test_imports_go_down():
    level = {name: number for number, floor in enumerate(FLOORS) for name in floor}
    upwards = [
        f"{name} imports {other}"
        for name, found in import_graph().items()
        for other in found
        if "." in other
        and top(name) != top(other)
        and level[top(name)] <= level[top(other)]
    ]
    assert not upwards


def doors() -> dict[str, ast.Module]:
    """Return package -> the parsed __init__.py, of those that hand names on."""
    paths = [path for path in MODULES if path.name == "__init__.py"]
    trees = {names(path.parent): ast.parse(path.read_text("utf-8")) for path in paths}
    return {name: tree for name, tree in trees.items() if len(tree.body) > 1}


def test_doors_hold_imports_and_a_list_of_names():
    for package, tree in doors().items():
        _, *imports, listed = tree.body
        assert all(isinstance(node, ast.ImportFrom) for node in imports), package
        inside = package.replace("/", ".") + "."
        assert all(node.module.startswith(inside) for node in imports), package
        handed_on = sorted(alias.name for node in imports for alias in node.names)
        assert listed.targets[0].id == "__all__", package
        assert sorted(ast.literal_eval(listed.value)) == handed_on, package


def defined(node: ast.stmt) -> list[str]:
    """Return the names that a top-level statement makes (not those it imports)."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.With):  # hub: a library, imported in its own way
        return [alias.name for one in node.body for alias in one.names]
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def test_only_doors_hand_names_on():
    """No name has a second address: a module is not where another's is imported."""
    owners = {}
    for path in MODULES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        owners[module] = {name for node in tree.body for name in defined(node)}
    seconds = []
    for path in [*CODE, *sorted((ROOT / "tests").glob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in owners:
                foreign = {one.name for one in node.names} - owners[node.module]
                seconds += [f"{names(path)}: {node.module} has no {x}" for x in foreign]
    listed = [
        names(path)
        for path in MODULES
        if path.name != "__init__.py" and "__all__" in path.read_text("utf-8")
    ]
    assert not seconds
    assert not listed


@pytest.mark.parametrize("package", ["models", "metrics"])
def test_networks_and_metrics_have_no_common_door(package):
    text = (ROOT / "helpers" / package / "__init__.py").read_text(encoding="utf-8")
    assert not imported(ast.parse(text))


@pytest.mark.parametrize(
    "package",
    sorted(one for one in doors() if "models" not in one and "training" not in one),
)
def test_a_door_is_light(package):
    _, loaded = startup.measure(package.replace("/", "."))
    assert not loaded & {"tensorflow", "keras", "pandas"}


def test_folders_are_small():
    folders = {path.parent for path in MODULES} - {ROOT / "helpers"}
    for folder in folders:
        inside = [*folder.glob("[a-z]*.py"), *folder.glob("*/__init__.py")]
        assert len(inside) <= FOLDER, names(folder)


def test_colours_stand_in_one_module():
    found = {
        names(path)
        for path in MODULES
        if re.search(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8"))
    }
    assert found == {"helpers/plots/style.py"}


def test_lesson_code_never_copies_a_definition_from_another_lesson():
    """A line or two may stand again, so that a network is whole on its page."""
    owners: dict[str, str] = {}
    twice = []
    for path in sorted(notebooks.NOTEBOOKS.glob("*.ipynb")):
        for cell in notebooks.read_notebook(path)["cells"]:
            if cell["cell_type"] != "code":
                continue
            for node in ast.parse(cell["source"]).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    body = ast.dump(ast.Module(node.body, []))
                    owner = owners.setdefault(body, path.name)
                    if owner != path.name and len(body) > 600:
                        twice.append(f"{path.name}: {node.name} stands in {owner} too")
    assert not twice


def test_colab_installs_only_what_is_missing():
    wanted = [
        "tensorflow>=99",
        "keras>=99",
        "numpy>=99",
        "pytest>=1",
        "no-such-thing>=1",
    ]
    assert colab.missing_packages(wanted) == ["no-such-thing>=1"]


def test_colab_runs_without_the_course_installed():
    script = ROOT / "helpers" / "colab.py"
    loaded = imported(ast.parse(script.read_text(encoding="utf-8")))
    assert {name.split(".")[0] for name in loaded} <= sys.stdlib_module_names


def test_benchmark_runner_reports_ratios_and_failures(tmp_path):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("print('x')\nprint('ratio: 2.50')\n", encoding="utf-8")
    bad.write_text("print('ratio: 1')\nraise SystemExit(3)\n", encoding="utf-8")
    assert bench.run(good) == "ratio: 2.50"
    assert bench.run(bad).startswith("failed (exit 3")


def test_every_checkpoint_has_the_recipe_that_its_card_names():
    known = train.recipes(ROOT / "recipes")
    for card in sorted((ROOT / "data" / "checkpoints").glob("*.json")):
        command = json.loads(card.read_text(encoding="utf-8"))["command"]
        assert card.stem in known and command == f"python -m recipes.{card.stem}"


def test_training_runs_a_recipe_and_never_a_cards_command(tmp_path):
    for folder in ("tools", "recipes", "data/checkpoints"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("train.py", "given.py"):
        shutil.copy(ROOT / "tools" / name, tmp_path / "tools" / name)
    (tmp_path / "recipes" / "gpt.py").write_text("print('the recipe ran')")
    card = tmp_path / "data" / "checkpoints" / "gpt.json"
    card.write_text(json.dumps({"command": f"touch {tmp_path / 'RAN'}"}))
    (card.parent / "broken.json").write_text("{")
    (tmp_path / "escape.py").write_text(f"open({str(tmp_path / 'RAN')!r}, 'w')")
    said = []
    for name in ("gpt", "broken", "../escape", "gpt escape", ""):
        command = [sys.executable, tmp_path / "tools" / "train.py"]
        environment = {**os.environ, "NAME": name}
        said.append(
            subprocess.run(command, env=environment, capture_output=True, text=True)
        )
    assert said[0].stdout == "the recipe ran\n" and not said[0].returncode
    for one in said[1:]:
        assert one.returncode == 1 and one.stdout == ""
        assert one.stderr.startswith("`make train NAME=…` wants one of gpt; received")
    assert not (tmp_path / "RAN").exists()


def test_every_benchmark_ends_in_a_ratio_line():
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        assert 'f"ratio: {' in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("name", results_image.PICTURES)
def test_readmes_pictures_show_the_stored_outputs(name):
    from PIL import Image

    assert f"](docs/{name}.png)" in (ROOT / "README.md").read_text(encoding="utf-8")
    with Image.open(results_image.path_of(name)) as picture:
        assert picture.text["outputs"] == results_image.fingerprint(name)


def test_readme_has_a_row_for_every_benchmark():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `benchmarks/(\w+\.py)` \|", readme, re.M)
    assert sorted(rows) == sorted(p.name for p in (ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_local_links_of_documents_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)\)", text)
    local = [one for one in targets if not one.startswith("http")]
    assert not [one for one in local if not (ROOT / one).exists()]


def named_by_chance(mark):
    """A parametrize mark whose values come from a clock or chance, without an id."""
    moving = re.compile(r"\b(time|datetime|random|secrets|uuid)\.")
    if not ast.unparse(mark).startswith("pytest.mark.parametrize"):
        return False
    values = [node for node in ast.walk(mark) if isinstance(node, ast.Call)]
    by_hand = [
        node
        for node in values
        if node.func is not mark.func
        and any(word.arg in ("id", "ids") for word in node.keywords)
    ]
    inside = {id(part) for node in by_hand for part in ast.walk(node)}
    if any(word.arg == "ids" for word in mark.keywords):
        return False
    return any(
        moving.match(ast.unparse(node.func)) and id(node) not in inside
        for node in values
    )


def test_no_tests_name_depends_on_clock_or_chance():
    """Workers that collect side by side must find the same names of tests."""
    found = [
        f"{names(path)}:{node.name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and any(named_by_chance(mark) for mark in node.decorator_list)
    ]
    assert not found, f"give these parameters an id: {found}"
    bad = "@pytest.mark.parametrize('x', [time.time()])\ndef f(x): ..."
    assert named_by_chance(ast.parse(bad).body[0].decorator_list[0])
