"""Records: the checked, immutable values that configuration and runs are made of."""

import hashlib
import json

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of all configuration records: immutable, and an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True
    )


def fingerprint(record: BaseModel) -> str:
    """First 10 hexadecimal digits of the SHA-256 of the record's canonical JSON."""
    text = json.dumps(record.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
