"""A Japanese reader never meets English, an English reader never Japanese, and no text lost its numbers."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from tests import catalogue

ROOT = Path(__file__).parent.parent
PO = ROOT / "registry" / "locale" / "ja" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[sdif]|\{(\w*)\}")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
MARKS = {f"{mark}{lazy}" for mark in ("gettext", "ngettext", "pgettext", "npgettext") for lazy in ("", "_lazy")} | {"_"}
REMEDY = "Run `make messages`, translate, and run it again."


def test_every_message_has_a_finished_japanese_text():
    messages, _ = catalogue.read(PO)
    unfinished = {m.line: m.sources[0] for m in messages if "fuzzy" in m.flags or not all(m.translations)}
    assert messages
    assert not unfinished, f"{PO} has missing or fuzzy texts at these lines. {REMEDY}"


def test_no_message_is_kept_that_the_product_no_longer_says():
    _, obsolete = catalogue.read(PO)
    assert not obsolete, f"{PO} has obsolete entries at these lines. {REMEDY}"


def test_every_message_is_written_in_english_in_the_code():
    messages, _ = catalogue.read(PO)
    assert not [source for m in messages for source in m.sources if JAPANESE.search(source)]


def test_a_translation_keeps_every_placeholder_of_its_message():
    """A plural's one Japanese form may use what either English form uses: "one day" names no number."""
    messages, _ = catalogue.read(PO)
    for message in messages:
        allowed = set().union(*map(placeholders, message.sources))
        needed = set() if "msgid_plural" in message.texts else allowed
        for text in filter(None, message.translations):
            assert needed <= placeholders(text) <= allowed, f"{PO}:{message.line}: {text}"


def test_the_compiled_translations_are_those_of_the_text_file():
    messages, _ = catalogue.read(PO)
    with PO.with_suffix(".mo").open("rb") as compiled:
        says = gettext.GNUTranslations(compiled)
    for message in messages:
        context, source = message.key
        if plural := message.texts.get("msgid_plural"):
            text = says.npgettext(context, source, plural, 1) if context else says.ngettext(source, plural, 1)
        else:
            text = says.pgettext(context, source) if context else says.gettext(source)
        assert text == (message.translations[0] or source), f"{PO}:{message.line} is not compiled. {REMEDY}"


def test_our_words_win_where_django_has_the_same_message_and_its_own_are_japanese_too():
    ours = {"History": "履歴", "English": "英語", "Japanese": "日本語", "Password": "パスワード", ", ": "、"}
    with translation.override("ja"):
        assert {message: translation.gettext(message) for message in ours} == ours
        assert translation.gettext("This field is required.") == "このフィールドは必須です。"


def test_no_message_of_the_code_is_missed_where_gettext_does_not_look():
    """It reads no call inside an f-string, so such a message would stay English."""
    known = {message.key for message in catalogue.read(PO)[0]}
    missed = {
        f"{path.relative_to(ROOT)}:{line}": key
        for path in sorted((ROOT / "registry").rglob("*.py"))
        for line, key in said(path)
        if key not in known
    }
    assert missed == {}


@pytest.mark.gettext
def test_every_message_in_the_code_is_known_to_the_translators(tmp_path):
    fresh, _ = catalogue.read(extracted(tmp_path))
    known, _ = catalogue.read(PO)
    assert {m.key for m in fresh} == {m.key for m in known}, REMEDY


def said(path: Path) -> Iterator[tuple[int, tuple[str, str]]]:
    """The messages that a module marks for translation: the line, and context and text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            words = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if "pgettext" in node.func.id:
                yield node.lineno, (words[0], words[1])
            elif words:
                yield node.lineno, ("", words[0])


def placeholders(text: str) -> set[str]:
    return {match.group() for match in PLACEHOLDER.finditer(text.replace("%%", ""))}


def extracted(folder: Path) -> Path:
    """The .po that `make messages` would write now, made from a copy of the product in this folder."""
    shutil.copy(ROOT / "manage.py", folder)
    for part in ("registry", "templates"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    command = "makemessages --locale ja --no-location --no-obsolete --no-wrap"
    subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        cwd=folder,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "registry.settings", "DATABASE_URL": "sqlite://", "GOI_DEBUG": "1"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / PO.relative_to(ROOT)
