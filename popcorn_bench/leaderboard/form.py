"""The rules of form that an answer may break: its flag, and the rules behind it."""

from __future__ import annotations

from typing import Final

FORM: Final = "form"
FORM_RULES: Final = (
    *("code_fence", "extra_text", "json_repaired", "renamed_keys", "wrapped_object"),
    *("joined_list", "several_answers", "bidi_removed", "title_repaired", "prompt_repaired"),
)
