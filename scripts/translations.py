"""The catalogues of the interface: `update` collects the texts, `check` fails when a translation is missing.

Vietnamese is the language of the source; every other language has a catalogue in app/translations.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "app" / "translations"
SOURCES = (
    ("app", [("**.py", "python")], {}),
    (
        "templates",
        [("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.xml", "jinja2")],
        {"**": {"trimmed": "true"}},
    ),
)
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


def texts_of_the_source() -> Catalog:
    """Every text that the code and the templates ask the catalogue for."""
    found = Catalog(project="Lá Lành", charset="utf-8", fuzzy=False)
    for folder, methods, options in SOURCES:
        for file, line, message, comments, context in extract_from_dir(
            str(ROOT / folder),
            methods,
            options,
            keywords=KEYWORDS,
            comment_tags=("i18n:",),
            strip_comment_tags=True,
        ):
            found.add(message, None, [(f"{folder}/{file}", line)], auto_comments=comments, context=context)
    return found


def catalogues() -> dict[Path, Catalog]:
    """The catalogue of each language, by its file."""
    files = sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))
    return {file: read_po(io.BytesIO(file.read_bytes()), locale=file.parts[-3]) for file in files}


def update() -> int:
    """Add new texts to the catalogues and drop those that are gone."""
    source = texts_of_the_source()
    for file, catalogue in catalogues().items():
        catalogue.update(source, no_fuzzy_matching=True, update_header_comment=False, keep_user_comments=True)
        catalogue.obsolete.clear()
        written = io.BytesIO()
        write_po(written, catalogue, width=110, sort_by_file=False, sort_output=True, include_lineno=False)
        # The moment of the run would make a change of every run.
        stable = re.sub(
            rb'^"(POT-Creation|PO-Revision)-Date: .*\n', b"", written.getvalue(), flags=re.MULTILINE
        )
        file.write_bytes(stable)
        wanting = len(_wanting(catalogue, source))
        print(f"{file.relative_to(ROOT)}: {len(catalogue)} texts, {wanting} to translate")
    return 0


def check() -> int:
    """Name every text without a translation, and every translation whose placeholders differ."""
    source = texts_of_the_source()
    complaints = [
        f"{file.relative_to(ROOT)}: {complaint}"
        for file, catalogue in catalogues().items()
        for complaint in _wanting(catalogue, source)
    ]
    for complaint in complaints:
        print(complaint)
    if not catalogues():
        print(f"no catalogue in {FOLDER.relative_to(ROOT)}")
    if complaints or not catalogues():
        print(f"{len(complaints)} texts want a translation: `make translations`, then fill them in.")
        return 1
    print(f"Translations: {len(source)} texts, all translated.")
    return 0


def _wanting(catalogue: Catalog, source: Catalog) -> list[str]:
    found = []
    for wanted in source:
        if not wanted.id:
            continue
        known = catalogue.get(wanted.id, wanted.context)
        where = wanted.locations[0][0] if wanted.locations else "?"
        if known is None or not _filled(known):
            found.append(f"not translated: {_first(wanted.id)!r} ({where})")
        elif known.fuzzy:
            found.append(f"only guessed: {_first(wanted.id)!r} ({where})")
        elif any(_placeholders(s) - _placeholders(*_all(wanted.id)) for s in _all(known.string)):
            found.append(f"other placeholders: {_first(wanted.id)!r} ({where})")
    return found


def _filled(message: Message) -> bool:
    return bool(message.string) and all(_all(message.string))


def _all(words: str | tuple[str, ...] | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _first(words: str | tuple[str, ...] | list[str]) -> str:
    return _all(words)[0]


def _placeholders(*texts: str) -> set[str]:
    return {a or b for text in texts for a, b in PLACEHOLDER.findall(text)}


if __name__ == "__main__":
    sys.exit({"update": update, "check": check}[sys.argv[1]]())
