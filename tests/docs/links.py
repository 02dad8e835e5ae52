#!/usr/bin/env python3
"""Fails when a link in a page of the repository leads to no file, or to no heading there.

    links.py ROOT
"""

import pathlib
import re
import sys
import urllib.parse

root = pathlib.Path(sys.argv[1]).resolve()
pages = sorted(root.glob("*.md")) + sorted(root.glob("docs/**/*.md"))


def without_code(text):
    """Blocks and spans of code are no text."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "code", text)


def anchors_of(page):
    """As GitHub makes them; the second heading of the same words ends in -1."""
    found = {}
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for heading in re.findall(r"^#{1,6} +(.*)$", text, flags=re.MULTILINE):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        count = found.get(anchor, 0)
        found[anchor] = count + 1
        yield anchor if count == 0 else f"{anchor}-{count}"


def targets_of(page):
    text = without_code(page.read_text())
    yield from re.findall(r"\]\(([^)\s]+)\)", text)
    yield from re.findall(r"^\[[^\]]+\]: *(\S+)", text, flags=re.MULTILINE)


problems = []
count = 0
for page in pages:
    for target in targets_of(page):
        if re.match(r"[a-z]+:", target):
            continue  # the world is not asked
        count += 1
        path, _, anchor = target.partition("#")
        file = (page.parent / urllib.parse.unquote(path)).resolve() if path else page
        if not file.exists():
            problems.append(f"{page.relative_to(root)}: there is no '{path}'")
        elif anchor and file.suffix == ".md" and anchor not in anchors_of(file):
            problems.append(f"{page.relative_to(root)}: '{target}' names no heading")

if count == 0:
    problems.append(f"there are no links in '{root}'")
print("\n".join(problems) or f"{count} links in {len(pages)} pages lead somewhere")
sys.exit(1 if problems else 0)
