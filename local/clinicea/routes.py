"""The table of calls, for dispatch and for the Swagger documents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.clinicea import bookings, lookups, shapes
from local.clinicea.calling import Call
from local.clinicea.messages import Answer, Request
from local.clinicea.parameters import Parameters, refuse_encoded_colons
from local.clinicea.shapes import Shape
from local.clinicea.switches import Switches

SEARCH = "searchPatientByMobileNumber"
LOGIN = "getTokenByStaffUsernamePwd"
POST_APPOINTMENT = "postAppointment"
UNKNOWN_CALL = "unknown"
SWAGGER = "swagger"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a call, as in the Swagger document."""

    name: str
    required: bool = True
    kind: str = "string"
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A call: its address, its parameters, its function."""

    call: str
    controller: str
    versions: tuple[str, ...]
    verb: str
    fields: tuple[Field, ...]
    work: Callable[[Call], Answer]
    answer: str
    writes: bool = False
    v3_write: bool = False
    """Whether its parameters always come in the query, with an empty body [code]."""

    @property
    def paged(self) -> bool:
        """Whether it answers in pages."""
        return PAGE[0] in self.fields

    def shape_now(self, switches: Switches) -> Shape:
        """Return the differences from this table, by switch."""
        return Shape(**switches.shapes.get(self.call, {}))

    def verb_now(self, switches: Switches) -> str:
        """Return the verb; postAppointment's is a switch, because the help page says GET [doc]."""
        usual = switches.post_appointment_verb if self.call == POST_APPOINTMENT else self.verb
        return self.shape_now(switches).verb or usual

    def path_now(self, switches: Switches, version: str) -> str:
        """Return the path with a version; `{name}` is a parameter."""
        last = switches.v1_search if (self.call, version) == (SEARCH, "v1") else self.call
        usual = f"/api/{{version}}/{self.controller}/{last}"
        return (self.shape_now(switches).path or usual).replace("{version}", version)

    def versions_now(self, switches: Switches) -> tuple[str, ...]:
        """Return the versions with this call."""
        gone = self.shape_now(switches).missing
        return () if gone else tuple(switches.call_versions.get(self.call, self.versions))

    def style_now(self, switches: Switches) -> str:
        """Return the place of its parameters: query, form or json (a usual POST accepts a form, too)."""
        in_query = self.v3_write or switches.post_parameters_in_query
        usual = "json" if self.verb_now(switches) == "POST" and not in_query else "query"
        return self.shape_now(switches).style or usual

    def given(self, request: Request, path_values: Mapping[str, str], switches: Switches) -> Parameters:
        """Return the parameters of a request, under this table's names; raises the errors of Parameters."""
        style = self.style_now(switches)
        shape = self.shape_now(switches)
        refuse_encoded_colons(request.query, switches.refused_colons)
        if shape.strict:
            return shape.given(request, path_values, style, [field.name for field in self.fields])
        return Parameters.from_query(request.query) if style == "query" else Parameters.from_body(request)


@dataclass(frozen=True, slots=True)
class Found:
    """Target of a request: the call's name for the log; without verb: unknown route; without route: wrong verb."""

    call: str
    version: str = ""
    route: Route | None = None
    verb: str | None = None
    path_values: Mapping[str, str] = field(default_factory=dict, repr=False)


PATIENT_ID = Field("patientID")
PAGE = (Field("pageNo", kind="integer", format="int32"), Field("pageSize", kind="integer", format="int32"))
_SLOT = (
    Field("ClinicID"),
    Field("StartDateTime", format="date-time"),
    Field("EndDateTime", format="date-time"),
    Field("StaffID", required=False),
    Field("ServiceName", required=False),
    Field("Notes", required=False),
)
_NEWCOMER = (
    Field("FirstName"),
    Field("LastName", required=False),
    Field("Mobile"),
    Field("MobileCountryCode"),
    Field("Gender", required=False),
    Field("DOB", required=False, format="date-time"),
    Field("Email", required=False),
)

ROUTES = (
    Route(
        LOGIN,
        "login",
        ("v2",),
        "GET",
        (Field("apiKey"), Field("loginUserName"), Field("pwd")),
        lookups.get_token,
        "Token",
    ),
    Route(
        SEARCH,
        "patients",
        ("v1",),
        "GET",
        (Field("patMobile"), Field("countryCode")),
        lookups.search_patient_by_mobile_number,
        "Patient",
    ),
    Route(
        "getPatient",
        "patients",
        ("v2", "v3"),
        "GET",
        (
            Field("searchBy", kind="integer", format="int32"),
            Field("searchText"),
            Field("searchOption", required=False),
        ),
        lookups.get_patient,
        "Patient",
    ),
    Route("getPatientByID", "patients", ("v2", "v3"), "GET", (PATIENT_ID,), lookups.get_patient_by_id, "Patient"),
    Route(
        "getPatientPastCompletedAppointment",
        "appointments",
        ("v1",),
        "GET",
        (PATIENT_ID,),
        lookups.get_past_completed,
        "Appointment",
    ),
    Route(
        "getAppointmentsByPatient",
        "appointments",
        ("v2",),
        "GET",
        (PATIENT_ID, Field("appointmentType", kind="integer", format="int32"), *PAGE),
        lookups.get_appointments_by_patient,
        "Appointment",
    ),
    Route(
        "getAppointmentsByDate",
        "appointments",
        ("v3",),
        "GET",
        (Field("appointmentDate", format="date-time"), *PAGE),
        lookups.get_appointments_by_date,
        "Appointment",
    ),
    Route(
        "getChanges",
        "appointments",
        ("v2", "v3"),
        "GET",
        (Field("lastSyncDTime", format="date-time"), *PAGE),
        lookups.get_changes,
        "Appointment",
    ),
    Route(
        "getServicesByClinic",
        "services",
        ("v3",),
        "GET",
        (
            Field("ClinicID"),
            Field("searchText", required=False),
            Field("serviceCategory", required=False),
            Field("serviceType", kind="integer", format="int32"),
            *PAGE,
        ),
        lookups.get_services,
        "Service",
    ),
    Route(
        "postAppointmentByPatientID",
        "appointments",
        ("v1",),
        "POST",
        (Field("PatientID"), *_SLOT, Field("Mobile", required=False)),
        bookings.post_appointment_by_patient_id,
        "Appointment",
        writes=True,
    ),
    Route(
        POST_APPOINTMENT,
        "appointments",
        ("v1",),
        "POST",
        (*_NEWCOMER, *_SLOT),
        bookings.post_appointment,
        "Appointment",
        writes=True,
    ),
    Route(
        "createAppointment",
        "appointments",
        ("v3",),
        "POST",
        (
            PATIENT_ID,
            Field("appointmentDateTime", format="date-time"),
            Field("staffID", required=False),
            Field("clinicID"),
            Field("appointmentServiceID"),
            Field("serviceType", kind="integer", format="int32"),
            Field("appointmentType", kind="integer", format="int32"),
            Field("notes", required=False),
        ),
        bookings.create_appointment,
        "Appointment",
        writes=True,
        v3_write=True,
    ),
)
CALLS = frozenset(route.call for route in ROUTES)
_BY_PLACE = {(route.controller, route.call.casefold()): route for route in ROUTES}


def find(method: str, path: str, switches: Switches) -> Found:
    """Return the target of a request. Paths are case-insensitive, as in ASP.NET."""
    if switches.shapes:
        return _find_shaped(method, path, switches)
    match path.casefold().strip("/").split("/"):
        case ["api", version, controller, call]:
            if version == "v1" and controller == "patients" and SEARCH.casefold() != switches.v1_search.casefold():
                call = {switches.v1_search.casefold(): SEARCH.casefold(), SEARCH.casefold(): ""}.get(call, call)
            route = _BY_PLACE.get((controller, call))
            if route is not None and version in route.versions_now(switches):
                verb = route.verb_now(switches)
                return Found(route.call, version, route if method == verb else None, verb)
    return Found(UNKNOWN_CALL)


def _find_shaped(method: str, path: str, switches: Switches) -> Found:
    found = Found(UNKNOWN_CALL)
    for route in ROUTES:
        for version in route.versions_now(switches):
            values = shapes.values_in(path, route.path_now(switches, version))
            if values is not None:
                verb = route.verb_now(switches)
                found = Found(route.call, version, route if method == verb else None, verb, values)
                if found.route is not None:
                    return found
    return found
