"""`connector holds --full`: a copy of a person's data, for that person; by mobile, patient id or both.

The function returns ciphertext once the register has the recipient. Decryption needs a separate permission,
`kms:Decrypt` with the stack's `DataKey`, and CloudTrail records each use.
"""

import json
import zlib
from base64 import b64decode
from typing import Any

from botocore.exceptions import ClientError

from commands import cli_support
from commands.cli_support import Session
from commands.person_search import parts
from convox_clinicea.text import same_id

Json = dict[str, Any]
ZLIB = b"x"
"""First byte of what was compressed before it was encrypted; JSON never begins with it."""
NOT_ALLOWED = ("AccessDeniedException", "KMSAccessDeniedException")


def tell(session: Session, person: Json, why: str, *, kms: Any) -> int:
    """Print the person's decrypted data as one JSON document; returns 2 if decryption is not permitted."""
    who = session.who()
    order = {"action": "copy", **person, "who": who, "why": why}
    found = list(parts(session, order))
    entries = [entry for part in parts(session, {"action": "entries", **person}) for entry in part["entries"]]
    try:
        bookings = [_opened(each, kms) for part in found for each in part["bookings"]]
        calls = [_opened(each, kms) for part in found for each in part["calls"]]
        desk = [_own(_opened(each, kms), person) for part in found for each in part["desk"]]
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_ALLOWED:
            raise
        session.out.error(f"{who} may not decrypt under the stack's DataKey (kms:Decrypt): nothing is shown")
        return cli_support.COULD_NOT_ASK
    by_kind = {kind: [each for each in entries if each["kind"] == kind] for kind in _KINDS}
    told = by_kind["disclosure"]
    document = {
        "bookings": bookings,
        "kept_callbacks": calls,
        "desk": desk,
        **{_KINDS[kind]: found_of_kind for kind, found_of_kind in by_kind.items()},
        "recipients": sorted({f"{each['caller']}, agent {each.get('agent_id', '-')}" for each in told}),
        "unreadable": sum(part["unreadable"] for part in found),
    }
    print(json.dumps(document, indent=2, ensure_ascii=False))
    return 0


_KINDS = {"consent": "consents", "withdrawal": "withdrawals", "disclosure": "disclosures", "copy": "copies"}


def _opened(record: Json, kms: Any) -> Json:
    sealed = record.pop("sealed")
    if sealed is None:
        return record
    answer = kms.decrypt(CiphertextBlob=b64decode(sealed["data"]), EncryptionContext={"item": sealed["item"]})
    plain = answer["Plaintext"]
    return {**record, "said": json.loads(zlib.decompress(plain) if plain[:1] == ZLIB else plain)}


def _own(record: Json, person: Json) -> Json:
    """Return a record of the desk; of a look-up by patient id, the other patients with the number are left out."""
    said = record["said"]
    if record["kind"] != "look-up" or "mobile" in person:
        return record
    own = [each for each in said["patients"] if same_id(each["patient_id"], person["patient_id"])]
    return {**record, "said": {**said, "patients": own}}
