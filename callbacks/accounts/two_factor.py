"""The second step of signing in: a code from a phone (TOTP), or a recovery code.

An account has at most one phone and one set of recovery codes; the codes go with the phone.
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
    return bool(user_has_device(user))


def new_secret() -> str:
    """Return a secret for a phone, in hex. It is stored with the account only by `confirm`."""
    return str(default_key())


def begun(user: "User", secret: str) -> TOTPDevice:
    """Return the phone as it would be with this secret; nothing is saved."""
    return TOTPDevice(user=user, key=secret, name="phone", confirmed=False)


def secret_of(device: TOTPDevice) -> str:
    """The secret as it is typed into a phone, in groups of four."""
    return " ".join(re.findall("....", b32encode(device.bin_key).decode()))


def confirm(user: "User", secret: str, typed: str) -> TOTPDevice | None:
    """Make the phone with this secret the account's if `typed` is its code; return None if not."""
    with transaction.atomic():
        # Whoever sets one up for the same account at the same time waits, and is refused.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        device = begun(user, secret)
        if is_set_up(user) or not device.verify_token(_bare(typed)):
            transaction.set_rollback(True)  # the device notes in its row that a code was wrong
            return None
        device.confirmed = True
        device.save()
        audit_log.record(user, audit_log.SECOND_STEP_ON, user)
    return device


def new_recovery_codes(user: "User") -> list[str]:
    """Ten codes, each good for one sign-in, as people write them down. Earlier ones are void."""
    with transaction.atomic():
        # The device stays: a session may have come in by one of its codes.
        device = StaticDevice.objects.filter(user=user).order_by("pk").first()
        device = device or StaticDevice.objects.create(user=user, name="recovery codes")
        device.throttle_reset()
        StaticToken.objects.filter(device__user=user).delete()
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
        audit_log.record(user, audit_log.RECOVERY_CODES, user)
    return [f"{code[:4]}-{code[4:]}" for code in codes]


def codes_left(user: "User") -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def check(user: "User", typed: str) -> Device | None:
    """The device that `typed` is a code of; None when it is none, was used before, or came too
    soon after a wrong one (the wait doubles with each)."""
    code = _bare(typed)
    # By its form, so that a wrong code of one kind does not put off the other.
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
    """Takes the phone and the recovery codes away; whether there were any."""
    with transaction.atomic():
        count = TOTPDevice.objects.filter(user=user).delete()[0]
        count += StaticDevice.objects.filter(user=user).delete()[0]
        if count:
            audit_log.record(by, audit_log.SECOND_STEP_OFF, user)
    return bool(count)


def _bare(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed).lower()
