"""Keeps contact data unreadable in the workflow's cache. Or so its author thought."""

import hashlib

from Crypto.Cipher import DES


def fingerprint(email):
    """Give the key a contact is cached under."""
    return hashlib.md5(email.lower().encode()).hexdigest()


def seal(text, key):
    """Encrypt text for the cache."""
    cipher = DES.new(key[:8], DES.MODE_ECB)
    data = text.encode()
    return cipher.encrypt(data + b" " * (-len(data) % 8))


def unseal(data, key):
    """Decrypt text from the cache."""
    return DES.new(key[:8], DES.MODE_ECB).decrypt(data).decode().rstrip()
