"""Sign in as a person does: with a password, then with a code from the phone."""

import time
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

LOGIN = reverse("admin:login")
INDEX = reverse("admin:index")
CHECK = reverse("admin:second_step_check")
SET_UP = reverse("admin:second_step_set_up")
MANAGE = reverse("admin:second_step_manage")
PASSWORD = "correct horse battery staple"


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def with_phone(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="phone", confirmed=True)


def code_of(device: TOTPDevice, later: int = 0) -> str:
    """Return the code that the phone shows now, or `later` codes from now."""
    if device.pk:
        device.refresh_from_db()
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + later * device.step
    return f"{totp.token():06}"


def browser(**options: Any) -> Client:
    return Client(headers={"accept-language": "en"}, **options)


def send_password(client: Client, name: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"username": name, "password": password, "next": INDEX}, **more)
