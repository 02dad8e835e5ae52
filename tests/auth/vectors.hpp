// SPDX-License-Identifier: MIT
// Made by make_vectors.py, with PyJWT and cryptography; do not edit. The keys are for tests only.
#pragma once

#include <string_view>

namespace mahavishnu::test {

// clang-format off

/// Seconds since 1970: when the tokens are valid.
inline constexpr long vectors_now = 1800000000;

inline constexpr std::string_view secret =
    "a secret of the tests, which has 48 characters..";

inline constexpr std::string_view rsa_private =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDioiA9iDXrU0yb\n"
    "0B7adCvKsqFK6t5urSP6Qf4bG5kCcfPD2j8lIW6UnROF0k4R48g8qPfUTJOsVHeW\n"
    "bk77DN9YQspq/jExpqMse4nL68XbHiDtbXKWOw9BsCiQrMuVQRp/AotEPDaUL247\n"
    "DBrAnfNrjgD4pJ3K0FFrLdxNAYu8uoThWubsGP3J55XlFHTDrUW4u8PusEAzYNW0\n"
    "vEDGFbFm8tmYk+LmjQrBFtu2qqQVqUDMfP1rTVedX7yFfT/uwZi4hAlCpL+FvHDX\n"
    "MjzvJqBtGgEckJ5jHY1dFTOj+JTlig2hmCqSvZvIF+i+nQqz4u9hqqGsb3Gf8zTr\n"
    "23b7kPETAgMBAAECggEAAfO8jFsif8Lpa4Qo59/NSsMsIX2Raemi4DJ2Ulxz/nHl\n"
    "1B+KoLK/hZcuxl3P31aTcHZSICmCsh7OIuUTWBU9zUBSBwbmfJN/X1A3GSMQQrlp\n"
    "NjJVpNagZIP0bX6XiFMVu9dVRMKyA6e+7tJFXrhdkuUXvAyK8WbG9MHh3mXvgrIi\n"
    "cFmDSETU9aMSmn1iQsbcPTTpirXGmZ2n0vbm7uXMmodVctFPRNQ+21nlpQEs6PgL\n"
    "EwHM13BIsQ9HEajH8vhBDNs9kQlKEW5MWDVrYEviWE7++JBTbmOEoZHxg8aYDLWb\n"
    "6M++VIbG9EO2wKHzqhVXDnHMGMf2ZDkFlNUhE4iEJQKBgQD83bsDveVMqqOrFspO\n"
    "S9Fl42XHpzDJSCis84w6eK8naedO0N1BgHnQjmImB1VY42joUc0cOZgyJ3PxLv70\n"
    "uHDJ/7AAGGQGkAHVJlttSwlbjB60XZyosH0zmXYL3gxVwZx+7On2wqBW1QEOrdNT\n"
    "cjDtnZUB/pLrOX17SNA4+SKobwKBgQDlcSqZIefaoaGusF1Pb94id56ox7GpiHet\n"
    "Hy+eFqYHO232MM7aegXDyoNHwY4FELawb2gRnDkOLSYCsXziVxom4Jq0Ai79HJBO\n"
    "0dMlBxXy71bHnfCPkC73iqx+vtglJ0Has+5O5oOKxPuiWtejvX+a62DiwuwXqZ3y\n"
    "2AH8ocsrnQKBgQDQpjFTdBTJvx/P471I/9yoAwwPw1BJNiaCF3CFKuH0VrmLWmLH\n"
    "UrixM1ufX3u4HeWJlT325TtFXzKXN50e1zYSJ83VNksK8zbf54eXVkxBYwxO7dN/\n"
    "iim1MxKp1i49cMWuIdUoTQ46uAXoU9xFRbtDxjyW6bXXLJfy63ENId3MNwKBgG5Y\n"
    "udMCAn8coyTfv1C4DY5oF083E1PkxSHm0MDoRZtO0rjHioR6kREz8WVuSj5XZnV+\n"
    "bv+hMbOGtTQwZk5486Pk+6I9NpoWxbSSp0i0mrLGtua0KADzqBL3h7RBVrSvp7Vm\n"
    "OeOKa5Mu35KavAEM3zUDpQoKEv/iXItxpar5qTvlAoGAdGEi3xOEu4w8K3EjYdQq\n"
    "oB5dRz5UMMm3phDNnilDxWPHNV1fqOtt1ly+6wYTqJZnScpcFttRW/Bafz04Bpq2\n"
    "5zJIAMAVPPfSDN8T7sfj8CHsUBl9ub+frM5OjfjI4Ov5qlo/aSycBtfKuteLJxZ1\n"
    "/Ubrut0vyCeYgRiQB9hExyo=\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr std::string_view rsa_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA4qIgPYg161NMm9Ae2nQr\n"
    "yrKhSurebq0j+kH+GxuZAnHzw9o/JSFulJ0ThdJOEePIPKj31EyTrFR3lm5O+wzf\n"
    "WELKav4xMaajLHuJy+vF2x4g7W1yljsPQbAokKzLlUEafwKLRDw2lC9uOwwawJ3z\n"
    "a44A+KSdytBRay3cTQGLvLqE4Vrm7Bj9yeeV5RR0w61FuLvD7rBAM2DVtLxAxhWx\n"
    "ZvLZmJPi5o0KwRbbtqqkFalAzHz9a01XnV+8hX0/7sGYuIQJQqS/hbxw1zI87yag\n"
    "bRoBHJCeYx2NXRUzo/iU5YoNoZgqkr2byBfovp0Ks+LvYaqhrG9xn/M069t2+5Dx\n"
    "EwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr std::string_view other_rsa_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqbVXJBo33739s3AM5myC\n"
    "b86RdON2Gy750QTAScTD7I63yL01urE0pbLCi8Qs3Tu5NIrlPlvCg5YmfIBY8p3s\n"
    "nzdJUIuvNegvu+b+4IYe6+fP76yQF6kLbKt6z2e1kaQbsRzYGMSpQ0dXa4R4cjFd\n"
    "4yRJjRVdfhvCrJgWzvSYyaSCQRPCwoV6yELTWHzV2vNBBZy1KVPrm80R6zj9kqCc\n"
    "edf+o79C5f538hib6A7jagExxMQtULyiRwu2PSwyF/P6eBVzsYL1UcOvsLm2G7kL\n"
    "wTujM/0/PIkKr+pNBj/HFDpytJh1RAhyr8zvfIL2HBleaihZoIlli1jfohwzrRra\n"
    "1QIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

/// 1024 bits
inline constexpr std::string_view small_rsa_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDgdxVldDeN5WmHuA9NA08QREWO\n"
    "QCSpfdPSGIs4oEkdGZbvs/eaXVmgwmAIIPBAwWLJZRPqYkOl92cpaJNTqL2abdse\n"
    "/P1j71nO/SRclkLhrggviqhHBQ76KLGVN+G35MAjpdLKnyNnDxRxy1t6Ghp4YY9B\n"
    "t4tez18CX8vDoJOrZQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr std::string_view ec_private =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgp6SAS4xA1HJgEeIU\n"
    "pe5sCxAjIZYqmarq2RoFuMaCzluhRANCAARF4dXdjmyYKbGARxjusWTSJXUyIX5j\n"
    "x4Mv07HziZhmbeKXjSY4704OCy3j9GULagC1kDeJGqXkHJtQYyp4+blD\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr std::string_view ec_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEReHV3Y5smCmxgEcY7rFk0iV1MiF+\n"
    "Y8eDL9Ox84mYZm3il40mOO9ODgst4/RlC2oAtZA3iRql5BybUGMqePm5Qw==\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr std::string_view other_ec_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIkTyu26raetuyF8T+3XAoD4TXi8+\n"
    "pakCn5zUp29UoAKtHVJ/VIF0hz9u/N1STfAxfKhGd072ezdvt+0ZR9yXiw==\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr std::string_view p384_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE7nD59V4ZX4MEy9/+tETWMjUKQ32mFj/6\n"
    "EcSwEO08gj505dygyWW/dubyp4CB/JW3n/w/l6yyyLe7YjfdBF87ehvbVt8cm8Ud\n"
    "YgE1ZfmQw/jV1IswxjjgQ2G+WlJZiTmu\n"
    "-----END PUBLIC KEY-----\n";

/// The same, with a password.
inline constexpr std::string_view encrypted_private =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhN6iuHkIUZWQICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMqmuxJESzYZmH+ZqWDWU0sEgZDd\n"
    "3tmCP3/kAbKFrPhcdDMN2Z1Fk7laFI0GRWMvVYIrBbsergfqSvY1hFhNdsF/lPnY\n"
    "H/BdH//vUHXmGe5kBdcJE49WcX40sSsRiM46kgPpnWbDU12fEGImefQ8NGfrr6Nu\n"
    "jfCkLexmjp8LvBcQHOKfDNxNhWPGI5MVMcv7xoxq4s6TW/Z2FwO3GJnjJTikQIk=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

/// Has keys of all kinds, among them rsa-1 and ec-1.
inline constexpr std::string_view key_set_json =
    "{\"keys\": [{\"kty\": \"oct\", \"kid\": \"symmetric\", \"k\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAc\"}, {\"kty\": \"RSA\", \"key_ops\": [\"verify\"], \"n\": \"4HcVZXQ3jeVph7gPTQNPEERFjkAkqX3T0h"
    "iLOKBJHRmW77P3ml1ZoMJgCCDwQMFiyWUT6mJDpfdnKWiTU6i9mm3bHvz9Y-9Zzv0kXJZC4a4IL4qoRwUO-iixlT"
    "fht-TAI6XSyp8jZw8UcctbehoaeGGPQbeLXs9fAl_Lw6CTq2U\", \"e\": \"AQAB\", \"kid\": \"small\", \"use\": "
    "\"sig\", \"alg\": \"RS256\"}, {\"kty\": \"RSA\", \"key_ops\": [\"verify\"], \"n\": \"qbVXJBo33739s3AM5myC"
    "b86RdON2Gy750QTAScTD7I63yL01urE0pbLCi8Qs3Tu5NIrlPlvCg5YmfIBY8p3snzdJUIuvNegvu-b-4IYe6-fP"
    "76yQF6kLbKt6z2e1kaQbsRzYGMSpQ0dXa4R4cjFd4yRJjRVdfhvCrJgWzvSYyaSCQRPCwoV6yELTWHzV2vNBBZy1"
    "KVPrm80R6zj9kqCcedf-o79C5f538hib6A7jagExxMQtULyiRwu2PSwyF_P6eBVzsYL1UcOvsLm2G7kLwTujM_0_"
    "PIkKr-pNBj_HFDpytJh1RAhyr8zvfIL2HBleaihZoIlli1jfohwzrRra1Q\", \"e\": \"AQAB\", \"kid\": \"for-en"
    "cryption\", \"use\": \"enc\"}, {\"kty\": \"RSA\", \"key_ops\": [\"verify\"], \"n\": \"qbVXJBo33739s3AM5m"
    "yCb86RdON2Gy750QTAScTD7I63yL01urE0pbLCi8Qs3Tu5NIrlPlvCg5YmfIBY8p3snzdJUIuvNegvu-b-4IYe6-"
    "fP76yQF6kLbKt6z2e1kaQbsRzYGMSpQ0dXa4R4cjFd4yRJjRVdfhvCrJgWzvSYyaSCQRPCwoV6yELTWHzV2vNBBZ"
    "y1KVPrm80R6zj9kqCcedf-o79C5f538hib6A7jagExxMQtULyiRwu2PSwyF_P6eBVzsYL1UcOvsLm2G7kLwTujM_"
    "0_PIkKr-pNBj_HFDpytJh1RAhyr8zvfIL2HBleaihZoIlli1jfohwzrRra1Q\", \"e\": \"AQAB\", \"kid\": \"rsa-"
    "0\", \"use\": \"sig\", \"alg\": \"RS256\"}, {\"kty\": \"RSA\", \"key_ops\": [\"verify\"], \"n\": \"4qIgPYg16"
    "1NMm9Ae2nQryrKhSurebq0j-kH-GxuZAnHzw9o_JSFulJ0ThdJOEePIPKj31EyTrFR3lm5O-wzfWELKav4xMaajL"
    "HuJy-vF2x4g7W1yljsPQbAokKzLlUEafwKLRDw2lC9uOwwawJ3za44A-KSdytBRay3cTQGLvLqE4Vrm7Bj9yeeV5"
    "RR0w61FuLvD7rBAM2DVtLxAxhWxZvLZmJPi5o0KwRbbtqqkFalAzHz9a01XnV-8hX0_7sGYuIQJQqS_hbxw1zI87"
    "yagbRoBHJCeYx2NXRUzo_iU5YoNoZgqkr2byBfovp0Ks-LvYaqhrG9xn_M069t2-5DxEw\", \"e\": \"AQAB\", \"ki"
    "d\": \"rsa-1\", \"use\": \"sig\", \"alg\": \"RS256\"}, {\"kty\": \"EC\", \"crv\": \"P-384\", \"x\": \"7nD59V4Z"
    "X4MEy9_-tETWMjUKQ32mFj_6EcSwEO08gj505dygyWW_dubyp4CB_JW3\", \"y\": \"n_w_l6yyyLe7YjfdBF87ehv"
    "bVt8cm8UdYgE1ZfmQw_jV1IswxjjgQ2G-WlJZiTmu\", \"kid\": \"p384\", \"use\": \"sig\"}, {\"kty\": \"EC\", "
    "\"crv\": \"P-256\", \"x\": \"ReHV3Y5smCmxgEcY7rFk0iV1MiF-Y8eDL9Ox84mYZm0\", \"y\": \"4peNJjjvTg4LLe"
    "P0ZQtqALWQN4kapeQcm1BjKnj5uUM\", \"kid\": \"ec-1\", \"use\": \"sig\", \"alg\": \"ES256\"}, {\"kty\": \"O"
    "KP\", \"crv\": \"Ed25519\", \"kid\": \"edwards\", \"x\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "Ak\"}]}";

/// Without any kid.
inline constexpr std::string_view nameless_key_set_json =
    "{\"keys\": [{\"kty\": \"RSA\", \"key_ops\": [\"verify\"], \"n\": \"qbVXJBo33739s3AM5myCb86RdON2Gy750Q"
    "TAScTD7I63yL01urE0pbLCi8Qs3Tu5NIrlPlvCg5YmfIBY8p3snzdJUIuvNegvu-b-4IYe6-fP76yQF6kLbKt6z2"
    "e1kaQbsRzYGMSpQ0dXa4R4cjFd4yRJjRVdfhvCrJgWzvSYyaSCQRPCwoV6yELTWHzV2vNBBZy1KVPrm80R6zj9kq"
    "Ccedf-o79C5f538hib6A7jagExxMQtULyiRwu2PSwyF_P6eBVzsYL1UcOvsLm2G7kLwTujM_0_PIkKr-pNBj_HFD"
    "pytJh1RAhyr8zvfIL2HBleaihZoIlli1jfohwzrRra1Q\", \"e\": \"AQAB\"}, {\"kty\": \"RSA\", \"key_ops\": ["
    "\"verify\"], \"n\": \"4qIgPYg161NMm9Ae2nQryrKhSurebq0j-kH-GxuZAnHzw9o_JSFulJ0ThdJOEePIPKj31Ey"
    "TrFR3lm5O-wzfWELKav4xMaajLHuJy-vF2x4g7W1yljsPQbAokKzLlUEafwKLRDw2lC9uOwwawJ3za44A-KSdytB"
    "Ray3cTQGLvLqE4Vrm7Bj9yeeV5RR0w61FuLvD7rBAM2DVtLxAxhWxZvLZmJPi5o0KwRbbtqqkFalAzHz9a01XnV-"
    "8hX0_7sGYuIQJQqS_hbxw1zI87yagbRoBHJCeYx2NXRUzo_iU5YoNoZgqkr2byBfovp0Ks-LvYaqhrG9xn_M069t"
    "2-5DxEw\", \"e\": \"AQAB\"}, {\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"IkTyu26raetuyF8T-3XAoD4TXi8-"
    "pakCn5zUp29UoAI\", \"y\": \"rR1Sf1SBdIc_bvzdUk3wMXyoRndO9ns3b7ftGUfcl4s\"}, {\"kty\": \"EC\", \"cr"
    "v\": \"P-256\", \"x\": \"ReHV3Y5smCmxgEcY7rFk0iV1MiF-Y8eDL9Ox84mYZm0\", \"y\": \"4peNJjjvTg4LLeP0Z"
    "QtqALWQN4kapeQcm1BjKnj5uUM\"}]}";

/// Somebody's mistake.
inline constexpr std::string_view private_key_set_json =
    "{\"keys\": [{\"kty\": \"RSA\", \"key_ops\": [\"sign\"], \"n\": \"4qIgPYg161NMm9Ae2nQryrKhSurebq0j-kH-"
    "GxuZAnHzw9o_JSFulJ0ThdJOEePIPKj31EyTrFR3lm5O-wzfWELKav4xMaajLHuJy-vF2x4g7W1yljsPQbAokKzL"
    "lUEafwKLRDw2lC9uOwwawJ3za44A-KSdytBRay3cTQGLvLqE4Vrm7Bj9yeeV5RR0w61FuLvD7rBAM2DVtLxAxhWx"
    "ZvLZmJPi5o0KwRbbtqqkFalAzHz9a01XnV-8hX0_7sGYuIQJQqS_hbxw1zI87yagbRoBHJCeYx2NXRUzo_iU5YoN"
    "oZgqkr2byBfovp0Ks-LvYaqhrG9xn_M069t2-5DxEw\", \"e\": \"AQAB\", \"d\": \"AfO8jFsif8Lpa4Qo59_NSsMs"
    "IX2Raemi4DJ2Ulxz_nHl1B-KoLK_hZcuxl3P31aTcHZSICmCsh7OIuUTWBU9zUBSBwbmfJN_X1A3GSMQQrlpNjJV"
    "pNagZIP0bX6XiFMVu9dVRMKyA6e-7tJFXrhdkuUXvAyK8WbG9MHh3mXvgrIicFmDSETU9aMSmn1iQsbcPTTpirXG"
    "mZ2n0vbm7uXMmodVctFPRNQ-21nlpQEs6PgLEwHM13BIsQ9HEajH8vhBDNs9kQlKEW5MWDVrYEviWE7--JBTbmOE"
    "oZHxg8aYDLWb6M--VIbG9EO2wKHzqhVXDnHMGMf2ZDkFlNUhE4iEJQ\", \"p\": \"_N27A73lTKqjqxbKTkvRZeNlx"
    "6cwyUgorPOMOnivJ2nnTtDdQYB50I5iJgdVWONo6FHNHDmYMidz8S7-9Lhwyf-wABhkBpAB1SZbbUsJW4wetF2cq"
    "LB9M5l2C94MVcGcfuzp9sKgVtUBDq3TU3Iw7Z2VAf6S6zl9e0jQOPkiqG8\", \"q\": \"5XEqmSHn2qGhrrBdT2_eI"
    "neeqMexqYh3rR8vnhamBztt9jDO2noFw8qDR8GOBRC2sG9oEZw5Di0mArF84lcaJuCatAIu_RyQTtHTJQcV8u9Wx"
    "53wj5Au94qsfr7YJSdB2rPuTuaDisT7olrXo71_mutg4sLsF6md8tgB_KHLK50\", \"dp\": \"0KYxU3QUyb8fz-O9"
    "SP_cqAMMD8NQSTYmghdwhSrh9Fa5i1pix1K4sTNbn197uB3liZU99uU7RV8ylzedHtc2EifN1TZLCvM23-eHl1ZM"
    "QWMMTu3Tf4optTMSqdYuPXDFriHVKE0OOrgF6FPcRUW7Q8Y8lum11yyX8utxDSHdzDc\", \"dq\": \"bli50wICfxy"
    "jJN-_ULgNjmgXTzcTU-TFIebQwOhFm07SuMeKhHqRETPxZW5KPldmdX5u_6Exs4a1NDBmTnjzo-T7oj02mhbFtJK"
    "nSLSassa25rQoAPOoEveHtEFWtK-ntWY544prky7fkpq8AQzfNQOlCgoS_-Jci3GlqvmpO-U\", \"qi\": \"dGEi3x"
    "OEu4w8K3EjYdQqoB5dRz5UMMm3phDNnilDxWPHNV1fqOtt1ly-6wYTqJZnScpcFttRW_Bafz04Bpq25zJIAMAVPP"
    "fSDN8T7sfj8CHsUBl9ub-frM5OjfjI4Ov5qlo_aSycBtfKuteLJxZ1_Ubrut0vyCeYgRiQB9hExyo\", \"kid\": \""
    "rsa-1\"}]}";

inline constexpr std::string_view hs256_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHBzOi8vaXNzdWVyLmV"
    "4YW1wbGUiLCJhdWQiOiJodHRwczovL3NlcnZlci5leGFtcGxlL21jcCIsImlhdCI6MTc5OTk5OTk0MCwibmJmIjo"
    "xNzk5OTk5OTQwLCJleHAiOjE4MDAwMDM2MDAsImp0aSI6InRva2VuLTEiLCJzY29wZSI6Im9wZW5pZCByZWFkIGV"
    "4ZWN1dGUifQ.5QCjKbC8pYQaXGlVNJN4IPueC8RXmz8uPKPvhFK3sgk";

inline constexpr std::string_view rs256_token =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0"
    "dHBzOi8vaXNzdWVyLmV4YW1wbGUiLCJhdWQiOiJodHRwczovL3NlcnZlci5leGFtcGxlL21jcCIsImlhdCI6MTc5"
    "OTk5OTk0MCwibmJmIjoxNzk5OTk5OTQwLCJleHAiOjE4MDAwMDM2MDAsImp0aSI6InRva2VuLTEiLCJzY29wZSI6"
    "Im9wZW5pZCByZWFkIGV4ZWN1dGUifQ.niH4f-hRqYqUicsY7qYgRF32WI1hNjVN_ZgHRz2La5IVPO5-oEL-LKGvu"
    "P-KRYZw7NDjrhHee_46T1t_tcEoXZ6NT1MNdnGxkvKAg43-4eczEum8B7eRCS6fiNRayqogFMzd87mHWgXPpdyt0"
    "ZbBjk6QgW0X-LXX0iouKSUfLucxlFdbetp5j1eSwvvt_Aqov1lkCV1pCxngonX0aIb--mtIzKPxgD1Ss8gpv1EtE"
    "K31NiZX1PJLhl0BYjFgo9PvXU-Np3LzLkfVLgm6DVK70mAlqr89FGg_sjC7QOlv5pZ2RRQl-9bFKkD78JaJ_Dzjp"
    "VQueERJD3QKMZjFjTsYwg";

inline constexpr std::string_view es256_token =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0d"
    "HBzOi8vaXNzdWVyLmV4YW1wbGUiLCJhdWQiOiJodHRwczovL3NlcnZlci5leGFtcGxlL21jcCIsImlhdCI6MTc5O"
    "Tk5OTk0MCwibmJmIjoxNzk5OTk5OTQwLCJleHAiOjE4MDAwMDM2MDAsImp0aSI6InRva2VuLTEiLCJzY29wZSI6I"
    "m9wZW5pZCByZWFkIGV4ZWN1dGUifQ.tKlhs5Ckg_Ikq0xe8QqLZTqm2DSkPo9ZXJ4UsTnLnQIeFmEoI8zBwbghn6"
    "d7G0BQ14xaC0dB7WkXezeT-d5X2Q";

/// As the predecessor's permissions had it.
inline constexpr std::string_view plain_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiYm9iIiwiaWF0IjoxNzk5OTk5OTQwLCJleHA"
    "iOjE4MDAwMDM2MDAsInR5cGUiOiJhY2Nlc3MifQ.gORgCBPNei5SixFsy63WjX__ZWcKbY8m3k5qRgnIPKE";

/// As the predecessor's documents had it.
inline constexpr std::string_view roles_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJjYXJvbCIsIm5hbWUiOiJDYXJvbCIsInJvbGVzIjp"
    "bImRldmVsb3BlciIsInZpZXdlciJdLCJpYXQiOjE3OTk5OTk5NDAsImV4cCI6MTgwMDAwMzYwMH0.xKspBjlMgx_"
    "otRLXuHEuuWkCuJVk8pqYl3TaFoYLWyc";

inline constexpr std::string_view subscription_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJkYXZlIiwidXNlcl9pZCI6ImRhdmUiLCJzdWJzY3J"
    "pcHRpb25fdHlwZSI6ImNsYXVkZV9jb2RlIiwic2NvcGVzIjpbInJlYWQiLCJleGVjdXRlIl0sImV4cCI6MTgwMDA"
    "wMzYwMH0.b-1_jhkSBqaPecdSdJmMmgmEtVeKtAh4hWj_dUiqqoE";

// clang-format on

} // namespace mahavishnu::test
