"""House rules that no linter knows, checked on the source itself."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("backend", "sharing", "tasks", "config")
CODE = [p for d in PACKAGES for p in sorted((ROOT / d).rglob("*.py")) if "migrations" not in p.parts]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
ACTIONS = [p for p in CODE if p.name == "actions.py"]
MODELS = [p for p in CODE if p.name in ("models.py", "events.py", "tokens.py", "pulse.py") and "sharing" in p.parts]
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "services.py", "managers.py", "enums.py", "common", "misc.py"}


def name(path):
    return str(path.relative_to(ROOT))


def functions(path):
    return [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]


def decorators(function):
    return [ast.unparse(decorator) for decorator in function.decorator_list]


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_source_file_outgrows_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_no_test_file_outgrows_two(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", [p for p in CODE if p.read_text().strip()], ids=name)
def test_every_module_says_in_one_line_what_it_is_for(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring
    assert len(docstring.split("\n\n")[0].splitlines()) <= 2


def test_functions_are_short():
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]
    assert sum(length > 25 for length in lengths) <= len(lengths) * 0.03
    assert sorted(lengths)[len(lengths) // 2] < 15


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_file_is_named_after_nothing(path):
    assert not FORBIDDEN_NAMES & {path.name, path.parent.name}


@pytest.mark.parametrize("path", ACTIONS, ids=name)
def test_every_action_is_keyword_only_atomic_and_explained(path):
    writing = [f for f in functions(path) if not f.name.startswith("_") and "Actor" in ast.unparse(f.args)]
    assert writing or path.parent.name in ("taxonomy",)
    for function in writing:
        assert "transaction.atomic" in decorators(function), function.name
        assert ast.get_docstring(function), function.name
        assert len(function.args.args) <= 2, f"{function.name}: what is acted on first, the rest by keyword"


@pytest.mark.parametrize("path", MODELS, ids=name)
def test_models_have_no_hidden_behaviour(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            methods = {child.name for child in node.body if isinstance(child, ast.FunctionDef)}
            assert not methods & {"save", "clean", "delete", "full_clean"}, node.name


@pytest.mark.parametrize("path", sorted((ROOT / "tasks").glob("*.py")), ids=name)
def test_tasks_stay_thin(path):
    for function in functions(path):
        statements = [s for s in function.body if not isinstance(s, ast.Expr) or not isinstance(s.value, ast.Constant)]
        assert len(statements) <= 4, function.name


def test_every_task_ignores_its_result_and_takes_keywords_only():
    for path in (ROOT / "tasks").glob("*.py"):
        for function in functions(path):
            for decorator in decorators(function):
                if decorator.startswith("shared_task"):
                    assert "ignore_result=True" in decorator, function.name
                    assert not function.args.args, function.name


def test_every_handled_kind_is_emitted_somewhere():
    from tasks.handlers import HANDLERS

    source = "\n".join(path.read_text() for path in CODE if path.name != "handlers.py")
    for kind in HANDLERS:
        subject, verb = kind.split(".")
        assert f'"{kind}"' in source or (f'f"{subject}.' in source and verb in source), kind


def test_the_clock_is_read_only_at_the_doors():
    for path in CODE:
        if path.parts[-2] != "config" and "sharing" in path.parts:
            text = path.read_text()
            assert "timezone.now" not in text, name(path)
            assert "localdate(" not in text, name(path)
            assert "datetime.now(" not in text, name(path)


def test_migrations_are_one_line():
    files = sorted(p.stem for p in (ROOT / "sharing" / "migrations").glob("0*.py"))
    assert [f.split("_")[0] for f in files] == [f"{number:04}" for number in range(1, len(files) + 1)]


def test_every_dependency_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text().split("[tool.uv]")[0].splitlines()
    wanted = [line for line in lines if line.strip().startswith('"') and line.strip()[1].isalpha()]
    assert len(wanted) > 30
    assert not [line for line in wanted if "#" not in line]
