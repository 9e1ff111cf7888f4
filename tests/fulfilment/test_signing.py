"""Signatures, tested with the vectors of the Standard Webhooks libraries."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from fulfilment import signing
from tests.fulfilment.conftest import SECRET_IN, SECRET_OUT

VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
VECTOR_AT = dt.datetime.fromtimestamp(1614265330, tz=dt.UTC)
VECTOR_BODY = '{"test": 2432232314}'
VECTOR_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
VECTOR_HEADERS = {
    "webhook-id": VECTOR_ID,
    "webhook-timestamp": "1614265330",
    "webhook-signature": VECTOR_SIGNATURE,
}
OTHERS = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def test_signs_like_the_specification() -> None:
    headers = signing.sign(VECTOR_ID, VECTOR_BODY, [VECTOR_SECRET], at=VECTOR_AT)

    assert headers == VECTOR_HEADERS


@pytest.mark.parametrize("secret", [VECTOR_SECRET, VECTOR_SECRET.removeprefix(signing.PREFIX)])
@pytest.mark.parametrize(
    "signature", [VECTOR_SIGNATURE, f"v1,{OTHERS} v2,{OTHERS} {VECTOR_SIGNATURE} v1,{OTHERS}"]
)
def test_verifies_the_vectors_of_the_reference_libraries(secret: str, signature: str) -> None:
    headers = VECTOR_HEADERS | {"webhook-signature": signature}

    with time_machine.travel(VECTOR_AT, tick=False):
        assert signing.verify(headers, VECTOR_BODY.encode(), [secret]) == VECTOR_ID


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": f"v1,{OTHERS}"},
        {"webhook-signature": "v1,dawfeoifkpqwoekfpqoekf"},
        {"webhook-signature": VECTOR_SIGNATURE[:8]},
        {"webhook-signature": "v1,"},
        {"webhook-timestamp": "hello"},
        {"webhook-timestamp": "946684800"},
    ],
)
def test_refuses_what_the_reference_libraries_refuse(change: dict[str, str]) -> None:
    with time_machine.travel(VECTOR_AT, tick=False), pytest.raises(signing.BadSignature):
        signing.verify(VECTOR_HEADERS | change, VECTOR_BODY.encode(), [VECTOR_SECRET])


@pytest.mark.parametrize("missing", sorted(VECTOR_HEADERS))
def test_refuses_a_message_without_one_of_its_headers(missing: str) -> None:
    headers = {name: value for name, value in VECTOR_HEADERS.items() if name != missing}

    with time_machine.travel(VECTOR_AT, tick=False), pytest.raises(signing.BadSignature):
        signing.verify(headers, VECTOR_BODY.encode(), [VECTOR_SECRET])


@pytest.mark.parametrize("seconds", [-301, 301])
def test_refuses_the_vector_five_minutes_before_and_after_its_moment(seconds: int) -> None:
    moment = VECTOR_AT + dt.timedelta(seconds=seconds)

    with time_machine.travel(moment, tick=False), pytest.raises(signing.BadSignature):
        signing.verify(VECTOR_HEADERS, VECTOR_BODY.encode(), [VECTOR_SECRET])


def test_signs_the_same_moment_in_any_zone_alike() -> None:
    elsewhere = VECTOR_AT.astimezone(dt.timezone(dt.timedelta(hours=9)))

    headers = signing.sign(VECTOR_ID, VECTOR_BODY, [VECTOR_SECRET], at=elsewhere)

    assert headers["webhook-signature"] == VECTOR_SIGNATURE


def test_signs_with_every_live_secret() -> None:
    headers = signing.sign("m", "{}", [SECRET_OUT, SECRET_IN], at=timezone.now())

    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET_OUT, SECRET_IN):
        assert signing.verify(headers, b"{}", [secret]) == "m"


def signed(secret: str = SECRET_IN) -> dict[str, str]:
    return signing.sign("m", "{}", [secret], at=timezone.now())


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "v1,"},
        {"signature": "nonsense"},
        {"signature": "v1,a,b"},
        {"signature": "v1,häßlich"},
        {"signature": "v2,AAAA"},
        {"timestamp": "yesterday"},
        {"timestamp": "nan"},
        {"timestamp": "9" * 400},
        {"id": "other"},
    ],
)
def test_refuses_what_was_tampered_with(changes: dict[str, str]) -> None:
    headers = signed()
    assert signing.verify(headers, b"{}", [SECRET_IN]) == "m"

    headers |= {f"webhook-{name}": value for name, value in changes.items()}

    with pytest.raises(signing.BadSignature):
        signing.verify(headers, b"{}", [SECRET_IN])


@pytest.mark.parametrize("minutes", [-6, 6])
def test_refuses_what_is_older_or_newer_than_five_minutes(minutes: int) -> None:
    at = timezone.now() + dt.timedelta(minutes=minutes)
    headers = signing.sign("m", "{}", [SECRET_IN], at=at)
    with pytest.raises(signing.BadSignature):
        signing.verify(headers, b"{}", [SECRET_IN])


def test_refuses_what_is_not_signed_or_with_another_secret() -> None:
    for headers in ({}, signed(SECRET_OUT)):
        with pytest.raises(signing.BadSignature):
            signing.verify(headers, b"{}", [SECRET_IN])


def test_refuses_a_changed_body_and_bytes_that_are_not_text() -> None:
    for body in (b"{ }", b"\xff\xfe"):
        with pytest.raises(signing.BadSignature):
            signing.verify(signed(), body, [SECRET_IN])


def test_refuses_everything_without_a_secret() -> None:
    with pytest.raises(signing.BadSignature):
        signing.verify(signed(), b"{}", [])


def test_agrees_with_a_signature_computed_with_hmac() -> None:
    headers = signing.sign("m", "é", [VECTOR_SECRET], at=VECTOR_AT)

    key = bytes.fromhex("31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0")
    mac = hmac.new(key, "m.1614265330.é".encode(), hashlib.sha256).hexdigest()
    assert base64.b64decode(headers["webhook-signature"].removeprefix("v1,")).hex() == mac


def test_makes_secrets_that_pass_its_own_check() -> None:
    signing.check_secret(signing.make_secret())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "whsec_!!!", SECRET_IN[6:]])
def test_refuses_a_secret_that_is_too_short_or_not_base64(secret: str) -> None:
    with pytest.raises(ValidationError):
        signing.check_secret(secret)


def test_decrypts_with_an_old_key_after_the_keys_were_rotated(
    settings: Settings,
) -> None:
    ciphertext = signing.encrypt(SECRET_IN)
    settings.FIELD_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.FIELD_ENCRYPTION_KEYS,
    ]

    assert signing.decrypt(ciphertext) == SECRET_IN
    assert SECRET_IN.encode() not in ciphertext
