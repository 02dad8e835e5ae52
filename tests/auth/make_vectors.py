#!/usr/bin/python3
"""Writes vectors.hpp: keys and tokens that another implementation has made.

Needs Debian's python3-jwt (2.6) and python3-cryptography, which the tests themselves do not. Each run
makes new keys:

    /usr/bin/python3 tests/auth/make_vectors.py > tests/auth/vectors.hpp
"""
import base64
import json

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

# 2027-01-15T08:00:00Z is when the tests are; an hour of validity around it.
NOW = 1800000000
SECRET = "a secret of the tests, which has 48 characters.."

CLAIMS = {
    "sub": "alice",
    "iss": "https://issuer.example",
    "aud": "https://server.example/mcp",
    "iat": NOW - 60,
    "nbf": NOW - 60,
    "exp": NOW + 3600,
    "jti": "token-1",
    "scope": "openid read execute",
}


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def base64url(number, size):
    return base64.urlsafe_b64encode(number.to_bytes(size, "big")).rstrip(b"=").decode()


def jwk(key, **more):
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return {**json.loads(RSAAlgorithm.to_jwk(public)), "key_ops": ["verify"], **more}
    numbers = public.public_numbers()
    size = (public.curve.key_size + 7) // 8
    name = {"secp256r1": "P-256", "secp384r1": "P-384"}[public.curve.name]
    return {"kty": "EC", "crv": name, "x": base64url(numbers.x, size),
            "y": base64url(numbers.y, size), **more}


def constant(name, text, comment=None):
    if comment:
        print(f"/// {comment}")
    print(f"inline constexpr std::string_view {name} =")
    if "\n" in text:
        lines = [line + "\\n" for line in text.rstrip("\n").split("\n")]
    else:
        lines = [text[at:at + 88] for at in range(0, len(text), 88)]
    for line in lines:
        quoted = line.replace('"', '\\"')
        print(f'    "{quoted}"', end=";\n\n" if line is lines[-1] else "\n")


rsa_key = rsa.generate_private_key(65537, 2048)
other_rsa_key = rsa.generate_private_key(65537, 2048)
small_rsa_key = rsa.generate_private_key(65537, 1024)
ec_key = ec.generate_private_key(ec.SECP256R1())
other_ec_key = ec.generate_private_key(ec.SECP256R1())
p384_key = ec.generate_private_key(ec.SECP384R1())

key_set = {"keys": [
    {"kty": "oct", "kid": "symmetric", "k": base64url(7, 32)},
    jwk(small_rsa_key, kid="small", use="sig", alg="RS256"),
    jwk(other_rsa_key, kid="for-encryption", use="enc"),
    jwk(other_rsa_key, kid="rsa-0", use="sig", alg="RS256"),
    jwk(rsa_key, kid="rsa-1", use="sig", alg="RS256"),
    jwk(p384_key, kid="p384", use="sig"),
    jwk(ec_key, kid="ec-1", use="sig", alg="ES256"),
    {"kty": "OKP", "crv": "Ed25519", "kid": "edwards", "x": base64url(9, 32)},
]}

print("""// SPDX-License-Identifier: MIT
// Made by make_vectors.py, with PyJWT and cryptography; do not edit. The keys are for tests only.
#pragma once

#include <string_view>

namespace mahavishnu::test {

// clang-format off
""")
print(f"/// Seconds since 1970: when the tokens are valid.\ninline constexpr long vectors_now = {NOW};\n")
constant("secret", SECRET)
constant("rsa_private", private_pem(rsa_key))
constant("rsa_public", public_pem(rsa_key))
constant("other_rsa_public", public_pem(other_rsa_key))
constant("small_rsa_public", public_pem(small_rsa_key), "1024 bits")
constant("ec_private", private_pem(ec_key))
constant("ec_public", public_pem(ec_key))
constant("other_ec_public", public_pem(other_ec_key))
constant("p384_public", public_pem(p384_key))
constant("encrypted_private", ec_key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
    serialization.BestAvailableEncryption(b"password")).decode(), "The same, with a password.")
constant("key_set_json", json.dumps(key_set), "Has keys of all kinds, among them rsa-1 and ec-1.")
constant("nameless_key_set_json", json.dumps({"keys": [
    jwk(other_rsa_key), jwk(rsa_key), jwk(other_ec_key), jwk(ec_key)]}), "Without any kid.")
constant("private_key_set_json", json.dumps({"keys": [
    {**json.loads(RSAAlgorithm.to_jwk(rsa_key)), "kid": "rsa-1"}]}), "Somebody's mistake.")
constant("hs256_token", jwt.encode(CLAIMS, SECRET, "HS256"))
constant("rs256_token", jwt.encode(CLAIMS, rsa_key, "RS256", headers={"kid": "rsa-1"}))
constant("es256_token", jwt.encode(CLAIMS, ec_key, "ES256", headers={"kid": "ec-1"}))
constant("plain_token", jwt.encode(
    {"user_id": "bob", "iat": NOW - 60, "exp": NOW + 3600, "type": "access"}, SECRET, "HS256"),
    "As the predecessor's permissions had it.")
constant("roles_token", jwt.encode(
    {"sub": "carol", "name": "Carol", "roles": ["developer", "viewer"], "iat": NOW - 60,
     "exp": NOW + 3600}, SECRET, "HS256"), "As the predecessor's documents had it.")
constant("subscription_token", jwt.encode(
    {"sub": "dave", "user_id": "dave", "subscription_type": "claude_code",
     "scopes": ["read", "execute"], "exp": NOW + 3600}, SECRET, "HS256"))
print("// clang-format on\n\n} // namespace mahavishnu::test")
