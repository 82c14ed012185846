"""Whoever runs the site finds every setting in one table."""

from app.config import ROOT, Settings


def test_every_setting_stands_in_the_readme() -> None:
    names = {
        field.validation_alias.choices[0] if field.validation_alias else f"LALANH_{name.upper()}"
        for name, field in Settings.model_fields.items()
    }
    said = (ROOT / "README.md").read_text()
    assert [name for name in sorted(names) if f"`{name}`" not in said] == []
