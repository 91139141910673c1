"""Comparing the content of a published file with what its publisher says of it."""

import hashlib
from collections.abc import Callable

from whysgd.base.errors import UserError


def check_md5(content: bytes, expected: str, where: str) -> None:
    """Refuses content with another MD5 than the published one.

    MD5 is what the publishers of these data sets give. It finds damage and mistakes; it is no
    protection against a forger.

    Raises:
        UserError: naming `where` the content is from, the expected and the found MD5.
    """
    _check(hashlib.md5, content, expected, where)


def check_sha256(content: bytes, expected: str, where: str) -> None:
    """Refuses content with another SHA-256 than the published one.

    Raises:
        UserError: naming `where` the content is from, the expected and the found SHA-256.
    """
    _check(hashlib.sha256, content, expected, where)


def _check(kind: Callable[..., "hashlib._Hash"], content: bytes, expected: str, where: str) -> None:
    digest = kind(content, usedforsecurity=False)
    if digest.hexdigest() != expected:
        raise UserError(
            f"{where}: not the published content (expected {digest.name} {expected}, "
            f"found {digest.hexdigest()}); replace the file"
        )
