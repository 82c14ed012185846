"""Copy the browser libraries pinned in package-lock.json into static/vendor.

    npm ci --ignore-scripts && python scripts/vendor.py      # refresh the copies
    npm ci --ignore-scripts && python scripts/vendor.py --check   # exit 1 when they differ

Pages load only these copies; nothing is fetched when the application runs. Three kinds of file: plain copies;
the parts of Pico that pages use (scripts/pico.scss: a third of the whole), wrapped in a cascade layer, so
that every rule of ours wins without fighting its selectors; and Be Vietnam Pro without TrueType hints, which
halves what the first page weighs (hints matter to no phone and to no modern rasteriser).
`static/vendor/SHA256SUMS` lists what was written (`sha256sum -c` reads it).
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

COPIES = {
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx/LICENSE": "htmx.org/LICENSE",
    "maplibre/maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre/maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre/maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre/LICENSE.txt": "maplibre-gl/LICENSE.txt",
    "swagger-ui/swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui/swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui/swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui/LICENSE": "swagger-ui-dist/LICENSE",
    "swagger-ui/NOTICE": "swagger-ui-dist/NOTICE",
    "pico/LICENSE.md": "@picocss/pico/LICENSE.md",
    "fonts/LICENSE": "@fontsource/be-vietnam-pro/LICENSE",
}
FONT_SUBSETS = ("latin", "latin-ext", "vietnamese")
FONT_WEIGHTS = (400, 600, 700)
FONT_FEATURES = ["ccmp", "kern", "liga", "locl", "mark", "mkmk", "tnum"]


def layered_pico() -> bytes:
    """What pages use of Pico, inside `@layer pico`: unlayered rules beat layered ones of any specificity."""
    sass = [
        "node",
        str(MODULES / "sass/sass.js"),
        "--quiet",
        "--style=compressed",
        "--no-source-map",
        "--no-charset",
    ]
    built = subprocess.run(
        [*sass, f"--load-path={MODULES}", str(ROOT / "scripts/pico.scss")],
        capture_output=True,
        check=True,
        text=True,
    )
    licence, _, rules = built.stdout.removeprefix("\ufeff").partition("*/")
    return f"{licence}*/@layer pico{{{rules.strip()}}}\n".encode()


def unhinted_font(name: str) -> bytes:
    """The woff2 with the same characters, without hints and without layout features that no page uses."""
    options = subset.Options()
    options.hinting = False
    options.flavor = "woff2"
    options.layout_features = FONT_FEATURES
    options.notdef_outline = True
    font = TTFont(MODULES / f"@fontsource/be-vietnam-pro/files/{name}", recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=list(font.getBestCmap()))
    subsetter.subset(font)
    out = io.BytesIO()
    font.flavor = "woff2"
    font.save(out)
    return out.getvalue()


def contents() -> dict[str, bytes]:
    """Every vendored file: path under static/vendor → bytes."""
    files = {target: (MODULES / source).read_bytes() for target, source in COPIES.items()}
    files["pico/pico.layer.css"] = layered_pico()
    for part in FONT_SUBSETS:
        for weight in FONT_WEIGHTS:
            source = f"be-vietnam-pro-{part}-{weight}-normal.woff2"
            files[f"fonts/be-vietnam-pro-{part}-{weight}.woff2"] = unhinted_font(source)
    sums = [f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files)]
    return {**files, "SHA256SUMS": "".join(sums).encode()}


def write(files: dict[str, bytes], folder: Path) -> None:
    """Put the files there and remove what no longer belongs."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and str(path.relative_to(folder)) not in files:
            path.unlink()
    for name, body in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


def differences(files: dict[str, bytes], folder: Path) -> list[str]:
    """Names that are missing, superfluous or different in the folder."""
    there = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return sorted(name for name in files.keys() | there.keys() if files.get(name) != there.get(name))


def main() -> int:
    """Write the copies, or with --check only compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when something differs")
    check = parser.parse_args().check
    if not MODULES.is_dir():
        print("node_modules is missing: run `npm ci --ignore-scripts` first", file=sys.stderr)
        return 2
    files = contents()
    if check:
        wrong = differences(files, VENDOR)
        print("\n".join(f"differs: {name}" for name in wrong) or "static/vendor is as the lock file says")
        return 1 if wrong else 0
    write(files, VENDOR)
    print(f"{len(files)} files, {sum(map(len, files.values())) // 1024} kB in static/vendor")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
