"""Imports point one way, and what writes a governed row is in one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "registry"
LAYERS = ("models", "rules", "workflow", "forms", "views", "urls")
# Modules that stand beside a layer: whoever imports them must not lie below it.
BESIDE = {"standing": "rules", "readiness": "rules", "triggers": "models", "clock": "models", "admin": "views"}
FREE_OF_DJANGO = ("conditions", "ledger", "prose")
PAST_HISTORY = {"update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "create"}
QUERIES = {"objects", "filter", "exclude", "all"}
# Indexes derived from versions and events, and the ledger's one head: no person writes them.
DERIVED = {"InForce", "Use", "Mention", "Head", "OpenAct", "Checkpoint", "Node"}


def modules(*below: str) -> list[Path]:
    """The Python files of registry, or of these parts of it."""
    paths = sorted(ROOT.rglob("*.py"))
    return [path for path in paths if not below or part(path) in below]


def part(path: Path) -> str:
    """`models` for registry/models/people.py, `rules` for registry/rules.py."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Every dotted name the file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(name: str) -> int | None:
    """Where `registry.<name>…` stands, or None for what belongs to no layer."""
    pieces = name.split(".")
    if pieces[0] != "registry" or len(pieces) < 2:
        return None
    where = BESIDE.get(pieces[1], pieces[1])
    return LAYERS.index(where) if where in LAYERS else None


@pytest.mark.parametrize("path", modules(*LAYERS, *BESIDE), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path):
    own = layer(f"registry.{part(path)}")
    upwards = [name for name in imported(path) if (there := layer(name)) is not None and there > own]
    assert upwards == []


@pytest.mark.parametrize("path", modules(*FREE_OF_DJANGO), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_arithmetic_knows_no_django(path: Path):
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"django", "simple_history"}
    siblings = {name.split(".")[1] for name in imported(path) if name.startswith("registry.")}
    assert siblings <= set(FREE_OF_DJANGO)


BELOW_VIEWS = ("models", "rules", "standing", "readiness", "workflow", "wording", "clock", "ledger", "conditions")


@pytest.mark.parametrize("path", modules(*BELOW_VIEWS), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_below_the_views_sees_a_request(path: Path):
    assert not [name for name in imported(path) if name.startswith(("django.http", "django.shortcuts"))]
    names = {node.id if isinstance(node, ast.Name) else node.arg for node in parsed(path, ast.Name, ast.arg)}
    assert "request" not in names


@pytest.mark.parametrize("path", modules("views"), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_only_takes_what_is_sent_is_marked_as_such(path: Path):
    """With `post_only`, so that nobody is led to an address that shows no page."""
    assert path.name == "access.py" or "django.views.decorators.http.require_POST" not in imported(path)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_governed_rows_are_written_one_by_one_with_their_history(path: Path):
    """`QuerySet.update`, `bulk_*`, `get_or_create` and their kin leave no history, or one without a person."""
    written_to = {chain[0] for chain in chains(path) if chain[-1] in PAST_HISTORY and QUERIES & set(chain[1:-1])}
    emptied = {"Event", "history"} if path.name == "erasure.py" else set()
    assert written_to <= DERIVED | emptied


def chains(path: Path) -> Iterator[list[str]]:
    """Every call as the names it goes through: `InForce.objects.filter(…).update(…)` as those four."""
    for call in parsed(path, ast.Call):
        names: list[str] = []
        node: ast.expr = call.func
        while isinstance(node, ast.Attribute | ast.Call):
            if isinstance(node, ast.Attribute):
                names.append(node.attr)
                node = node.value
            else:
                node = node.func
        yield [node.id if isinstance(node, ast.Name) else "", *reversed(names)]


def parsed(path: Path, *kinds: type[ast.AST]) -> list[ast.AST]:
    """The nodes of these kinds in the file."""
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_workflow_saves_and_deletes(path: Path):
    """Elsewhere nothing calls `.save()` or `.delete()` on what it read, nor writes SQL of its own."""
    if part(path) in {"workflow", "migrations", "triggers", "models", "search_index"}:
        return
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\.(?:save|delete)\(\)|\bforce_insert\b|\b(?:INSERT INTO|DELETE FROM)\b", text)


def test_rows_are_locked_in_one_way():
    """A plain `FOR UPDATE` shuts out the references that PostgreSQL checks at commit: a deadlock under load."""
    own = ROOT / "workflow" / "locking.py"
    assert [path for path in modules() if path != own and "select_for_update" in path.read_text(encoding="utf-8")] == []
    assert "select_for_update(no_key=True)" in own.read_text(encoding="utf-8")
