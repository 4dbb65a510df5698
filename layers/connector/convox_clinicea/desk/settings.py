"""The settings of `agent_desk`: look-ups, bookings, and how people sign in."""

from __future__ import annotations

from pydantic import Field

from convox_clinicea.settings import (
    CallEndSettings,
    CliniceaSettings,
    DeskClientSettings,
    DeskSocketSettings,
    DisclosureSettings,
    IntakeSettings,
    LookupLimitSettings,
    Settings,
)

ADDRESS = r"^(|https://[^\s\"'<>]+|http://(127\.0\.0\.1|localhost)[^\s\"'<>]*)$"


class DeskSignInSettings(Settings):
    """How people sign in to the desk: by the stack's user pool, or by another provider where an issuer is named."""

    desk_address: str = Field(pattern=ADDRESS)
    desk_user_pool: str
    desk_issuer: str = Field(pattern=ADDRESS)
    desk_client_id: str
    desk_client_secret_arn: str
    desk_agent_claim: str = Field(min_length=1)
    desk_roles_claim: str = Field(min_length=1)


class DeskSettings(
    IntakeSettings,
    CliniceaSettings,
    DisclosureSettings,
    LookupLimitSettings,
    DeskClientSettings,
    DeskSocketSettings,
    CallEndSettings,
    DeskSignInSettings,
):
    """`agent_desk`: look-ups and bookings, for a person who is signed in."""

    retention_days: int = Field(ge=5, le=3650)
