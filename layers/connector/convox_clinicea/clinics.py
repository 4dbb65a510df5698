"""The deployment's clinics: names, addresses and time zones, from a configuration document."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from convox_clinicea.errors import raise_alone
from convox_clinicea.normalization import id_key
from convox_clinicea.validation import read_document, refuse_repeats


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        raise_alone(ValueError("is not an IANA time zone such as Asia/Kolkata"))
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]
ClinicId = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_.:-]{1,64}\z")]


class Clinic(BaseModel):
    """One clinic of the chain, as its agents should read it."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    clinic_id: ClinicId
    name: str | None = None
    address: str | None = None
    time_zone: ZoneName | None = None


class ClinicsDocument(BaseModel):
    """The configuration document `clinics`."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(alias="schema")
    clinics: list[Clinic] = []

    @field_validator("clinics")
    @classmethod
    def _each_once(cls, clinics: list[Clinic]) -> list[Clinic]:
        refuse_repeats(id_key(clinic.clinic_id) for clinic in clinics)
        return clinics


class Clinics:
    """Looks clinics up. Clinicea's times carry no zone: they are the clinic's own [assumed]."""

    def __init__(self, document: ClinicsDocument, default_zone: str) -> None:
        self._clinics = {id_key(clinic.clinic_id): clinic for clinic in document.clinics}
        self._default = ZoneInfo(default_zone)

    @classmethod
    def from_document(cls, document: dict[str, Any], default_zone: str) -> Clinics:
        """Build from the parsed JSON document; raises InvalidDocument that names the places."""
        return cls(read_document(ClinicsDocument, document, "clinics document"), default_zone)

    def get(self, clinic_id: str | None) -> Clinic | None:
        return None if clinic_id is None else self._clinics.get(id_key(clinic_id))

    def zone(self, clinic_id: str | None, otherwise: ZoneInfo | None = None) -> ZoneInfo:
        """Return the clinic's time zone; where it states none `otherwise`, or else the deployment's."""
        clinic = self.get(clinic_id)
        return ZoneInfo(clinic.time_zone) if clinic and clinic.time_zone else otherwise or self._default

    @property
    def zones_by_clinic(self) -> dict[str, str]:
        """Each clinic's time zone; the deployment's under the empty id."""
        named = {each.clinic_id: each.time_zone or self._default.key for each in self._clinics.values()}
        return {"": self._default.key, **named}

    @property
    def zones(self) -> frozenset[str]:
        """The time zones of the deployment and its clinics."""
        named = {clinic.time_zone for clinic in self._clinics.values() if clinic.time_zone}
        return frozenset({self._default.key, *named})
