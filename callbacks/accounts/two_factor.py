"""The second step of signing in: a code from a phone (TOTP), or a recovery code.

An account has at most one phone and one set of recovery codes. The codes are removed together with
the phone.
"""

import re
from base64 import b32encode
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django_otp import user_has_device
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from callbacks.accounts import audit_log

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RECOVERY_CODES = 10


def is_set_up(user: "User") -> bool:
    """Return whether the account has two-factor sign-in."""
    return bool(user_has_device(user))


def new_secret() -> str:
    """Return a secret for a phone, in hex. Only `add_phone` stores it with the account."""
    return str(default_key())


def unsaved_phone(user: "User", secret: str) -> TOTPDevice:
    """Return the phone that this secret would give. Nothing is saved."""
    return TOTPDevice(user=user, key=secret, name="phone", confirmed=False)


def secret_of(device: TOTPDevice) -> str:
    """Return the secret as a person types it into a phone: base32 in groups of four."""
    return " ".join(re.findall("....", b32encode(device.bin_key).decode()))


def add_phone(user: "User", secret: str, typed: str) -> TOTPDevice | None:
    """Make the phone with this secret the account's, and return it, if `typed` is its code.

    Returns None if the code is wrong, or if the account already has a phone.
    """
    with transaction.atomic():
        # Another session that sets up a phone for this account at the same time waits here, and is
        # refused.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        device = unsaved_phone(user, secret)
        if is_set_up(user) or not device.verify_token(_bare(typed)):
            transaction.set_rollback(True)  # the device would save that a code was wrong
            return None
        device.confirmed = True
        device.save()
        audit_log.record(user, audit_log.SECOND_STEP_ON, user)
    return device


def new_recovery_codes(user: "User") -> list[str]:
    """Return ten new codes, as people write them down. Each is valid for one sign-in.

    All earlier codes of the account become void.
    """
    with transaction.atomic():
        # The device stays, because a session may have signed in with one of its codes.
        device = StaticDevice.objects.filter(user=user).order_by("pk").first()
        device = device or StaticDevice.objects.create(user=user, name="recovery codes")
        device.throttle_reset()
        StaticToken.objects.filter(device__user=user).delete()
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
        audit_log.record(user, audit_log.RECOVERY_CODES, user)
    return [f"{code[:4]}-{code[4:]}" for code in codes]


def codes_left(user: "User") -> int:
    """Return how many recovery codes the account has left."""
    return int(StaticToken.objects.filter(device__user=user).count())


def check(user: "User", typed: str) -> Device | None:
    """Return the device whose code `typed` is, or None if the code is not accepted.

    A code is not accepted if it is wrong, was used before, or came too soon after a wrong one. The
    wait doubles with each wrong code. The audit trail records the result.
    """
    code = _bare(typed)
    # Six digits are a code from a phone, all other texts a recovery code. Only devices of that kind
    # check the code, so that a wrong code of one kind does not make the other kind wait.
    model = TOTPDevice if re.fullmatch(r"[0-9]{6}", code) else StaticDevice
    with transaction.atomic():
        for device in model.objects.select_for_update().filter(user=user, confirmed=True):
            if device.verify_token(code):
                by_code = True if model is StaticDevice else None
                audit_log.record(user, audit_log.SECOND_STEP, recovery_code=by_code)
                return device
        audit_log.record(user, audit_log.SECOND_STEP_FAILED)
    return None


def remove(user: "User", by: "User | None") -> bool:
    """Remove the phone and the recovery codes; return whether there were any.

    `by` is the person who removes them, for the audit trail.
    """
    with transaction.atomic():
        count = TOTPDevice.objects.filter(user=user).delete()[0]
        count += StaticDevice.objects.filter(user=user).delete()[0]
        if count:
            audit_log.record(by, audit_log.SECOND_STEP_OFF, user)
    return bool(count)


def _bare(typed: str) -> str:
    """Return a typed code in lower case, without spaces and hyphens."""
    return re.sub(r"[\s-]", "", typed).lower()
