"""Texts that were written to hurt a reader of YAML, each with what must be said of it."""

from __future__ import annotations

#: name: (text, words of a complaint)
HOSTILE = {
    "brackets": ("[" * 100_000, "larger than 16 kB"),
    "brackets that fit": ("any: " + "[" * 16_000, "nested more than 6 deep"),
    "braces that fit": ("{" * 16_000, "nested more than 6 deep"),
    "brackets and braces": ("[{" * 8_000, "nested more than 6 deep"),
    "lists in lists": ("- " * 8_000, "nested more than 6 deep"),
    "questions": ("? " * 8_000, "a key must be a word"),
    "steps": ("".join(" " * i + "a:\n" for i in range(170)), "nested more than 6 deep"),
    "laughs": (
        "a: &a [x, x]\n"
        + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcde", "bcdef", strict=True)),
        "anchors",
    ),
    "merged laughs": ("a: &a {x: 1}\n" + "b: {<<: [" + "*a, " * 3_000 + "]}\n", "anchors"),
    "an alias of itself": ("&a [*a]", "anchors"),
    "many anchors": ("".join(f"- &a{i} x\n" for i in range(1_500)), "anchors"),
    "a Python object": ("!!python/object/apply:os.system [id]", "tags"),
    "a Python name": ("any: [!!python/name:os.system x]", "tags"),
    "two documents": ("any: [a]\n---\nany: [b]\n", "a second document"),
    "a keyword of a megabyte": (f"any: [{'a' * 10**6}]", "larger than 16 kB"),
    "a keyword that fits": (f"any: [{'a' * 16_000}]", "longer than 2000 characters"),
    "ten thousand keywords": ("any: [" + "a," * 8_000 + "]", "more than 1500 keys and values"),
    "empty keys": ("{" + "?," * 8_000 + "}", "stands here twice"),
    "a number of ten thousand digits": (f"limit: {'9' * 10_000}", "nothing is looked for"),
    "a version of ten thousand digits": (f"%YAML {'1' * 9_000}.1\n--- a", "not valid YAML"),
    "an escape beyond Unicode": ('any: ["\\UFFFFFFFF"]', "not valid YAML"),
    "lone surrogates": ("\ud800" * 5_000, "U+D800 is not allowed"),
    "escaped surrogates": ('any: ["\\ud800"]', "U+D800 is not allowed"),
    "NUL": ("any: [a\0]", "U+0000 is not allowed"),
    "escaped NUL": ('any: ["a\\0"]', "U+0000 is not allowed"),
    "text turned around": ('any: ["a\\u202Eb"]', "U+202E is not allowed"),
    "tabs": ("\t" * 16_000, "a tab"),
    "blank lines": ("\n" * 16_000, "a mapping"),
    "comments": ("#\n" * 8_000, "a mapping"),
    "a key of a kilobyte": (f"{'k' * 1_000}: 1", "a key longer than 100"),
}
