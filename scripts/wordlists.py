"""Makes the offline lists of common passwords and of disposable mail domains from the packages that carry them.

    pip download --no-deps --dest FOLDER Django zxcvbn disposable-email-domains
    python scripts/wordlists.py FOLDER

The lists are data of the product and committed; nobody but this script needs the packages. Run it to bring them up to
date.
"""

from __future__ import annotations

import ast
import gzip
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

DATA = Path(__file__).parents[1] / "src" / "tradewind" / "accounts" / "data"
#: Of dictionaries only what is long enough to be a password by itself.
SHORTEST = 12
#: Famous for being good examples, which has made them bad ones.
FAMOUS = ("correcthorsebatterystaple", "correct horse battery staple", "troubadour", "hunter2")


def main(folder: Path) -> None:
    """Write both lists."""
    django = gzip.decompress(_member(folder, "django", "django/contrib/auth/common-passwords.txt.gz")).decode()
    lists = _literal(_member(folder, "zxcvbn", "zxcvbn/frequency_lists.py"), "FREQUENCY_LISTS")
    passwords = {*django.split("\n"), *lists["passwords"], *FAMOUS}
    for name in ("english_wikipedia", "us_tv_and_film", "surnames", "female_names", "male_names"):
        passwords |= {word for word in lists[name] if len(word) >= SHORTEST}
    _write("common-passwords.txt.gz", (each.strip().casefold() for each in passwords))
    domains = _literal(_member(folder, "disposable_email_domains", "disposable_email_domains/__init__.py"), "blocklist")
    _write("disposable-domains.txt.gz", (each.strip().lower() for each in domains))


def _member(folder: Path, package: str, name: str) -> bytes:
    (wheel,) = folder.glob(f"{package}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name)


def _literal(source: bytes, name: str):
    """The value assigned to `name`; its strings that are split are split again."""
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return _value(node.value)
    raise SystemExit(f"expected {name} in the package, found none; its layout has changed")


def _value(node: ast.expr):
    if isinstance(node, ast.Dict):
        return {ast.literal_eval(key): _value(value) for key, value in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        return ast.literal_eval(node.func.value).split(ast.literal_eval(node.args[0]))
    return ast.literal_eval(node)


def _write(name: str, lines: Iterable[str]) -> None:
    text = "\n".join(sorted({line for line in lines if line})) + "\n"
    (DATA / name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{name}: {text.count(chr(10))} lines, {(DATA / name).stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
