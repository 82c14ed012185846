"""Reading somebody's file of boundaries: what is taken, what is refused, and nothing makes it stumble."""

import gzip
import json
import lzma

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.areas.geofile import read_units
from app.areas.mapping import Mapping, Unusable, read_mapping
from app.areas.rules import Incoming, Refused

SQUARE = {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]}


def feature(geometry=SQUARE, **properties):
    return {"type": "Feature", "properties": {"level": "commune", **properties}, "geometry": geometry}


def collection(*features, **members):
    return json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()


@pytest.fixture
def reading(tmp_path):
    """`reading(content, mapping)` writes a file and reads it."""

    def read(content, mapping=None, name="file.geojson"):
        path = tmp_path / name
        path.write_bytes(content)
        return list(read_units(str(path), mapping or Mapping()))

    return read


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_plain_gz_and_xz_are_told_apart_by_content(reading, pack):
    (unit,) = reading(pack(collection(feature(code="7", name="Bảy", population=12))))
    assert (unit.code, unit.name, unit.full_name, unit.population) == ("7", "Bảy", "Bảy", 12)
    assert unit.shape.geom_type == "MultiPolygon"
    assert unit.boundary == "official"
    assert unit.source == "file.geojson"


def test_polygons_are_kept_and_lines_and_points_left_out(reading):
    mixed = {
        "type": "GeometryCollection",
        "geometries": [
            SQUARE,
            {"type": "Point", "coordinates": [1, 1]},
            {"type": "MultiPolygon", "coordinates": []},
        ],
    }
    (unit,) = reading(collection(feature(mixed, code="1", name="A")))
    assert len(unit.shape.geoms) == 1


REFUSALS = {
    "'code'": feature(name="no code"),
    "'name'": feature(code="1"),
    "level": {"type": "Feature", "properties": {"code": "1", "name": "A"}, "geometry": SQUARE},
    "no geometry": feature(None, code="1", name="A"),
    "no polygon": feature({"type": "Point", "coordinates": [1, 1]}, code="1", name="A"),
    "cannot be read": feature({"type": "Polygon", "coordinates": [[["a", "b"]]]}, code="1", name="A"),
    "not degrees": feature(
        {"type": "Polygon", "coordinates": [[[6e5, 1e6], [7e5, 1e6], [7e5, 2e6], [6e5, 1e6]]]},
        code="1",
        name="A",
    ),
    "neither text": feature(code=["1"], name="A"),
    "longer than": feature(code="1", name="A" * 201),
    "not a number": feature(code="1", name="A", population="many"),
    "no properties": {"type": "Feature", "geometry": SQUARE},
    "not a GeoJSON Feature": 42,
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_feature_is_refused_with_its_number_and_reason(reading, why):
    good, bad = reading(collection(feature(code="0", name="Good"), REFUSALS[why]))
    assert isinstance(good, Incoming)
    assert isinstance(bad, Refused)
    assert bad.number == 2
    assert why in bad.why


def test_the_second_of_two_equal_codes_is_refused(reading):
    first, second = reading(collection(feature(code="1", name="A"), feature(code="1", name="B")))
    assert (first.name, second.why) == ("A", "a commune with this code was already in the file")


UNUSABLE = {
    "is not JSON": b"hello",
    "not GeoJSON": b"[1, 2]",
    "FeatureCollection": b'{"type": "Topology"}',
    "damaged": gzip.compress(collection())[:-10],
    "another coordinate system": collection(crs={"properties": {"name": "urn:ogc:def:crs:EPSG::3405"}}),
}


@pytest.mark.parametrize("why", UNUSABLE)
def test_a_file_that_cannot_be_used_says_why(reading, why):
    with pytest.raises(Unusable, match=why):
        reading(UNUSABLE[why])


@pytest.mark.parametrize(
    "source", ["/no/such/file", ".", "ftp://example.org/a.geojson", "file:///etc/passwd"]
)
def test_a_source_that_is_none_says_so(source):
    with pytest.raises(Unusable):
        list(read_units(source, Mapping()))


def test_a_mapping_names_their_properties_and_levels(reading, tmp_path):
    file = tmp_path / "map.toml"
    file.write_text(
        '[properties]\ncode = "CVE"\nname = "names.official"\n'
        '[fixed]\nkind = "Municipio"\nsource = "INEGI 2025"\n[levels]\nMUN = "commune"\n',
        encoding="utf-8",
    )
    theirs = {"CVE": 20039.0, "names": {"official": "Huajuapan"}, "level": "MUN"}
    (unit,) = reading(collection(feature(**theirs)), read_mapping(file))
    assert (unit.code, unit.name, unit.level, unit.kind) == ("20039", "Huajuapan", "commune", "Municipio")
    assert unit.source == "INEGI 2025"


@pytest.mark.parametrize(
    "toml",
    [
        "= nonsense",
        "[propertys]\n",
        "srid = 0",
        '[fixed]\nboundary = "guessed"',
        "[properties]\ncode = 3",
        "\xff",
    ],
)
def test_a_mapping_with_a_mistake_is_refused(tmp_path, toml):
    file = tmp_path / "map.toml"
    file.write_bytes(toml.encode("latin-1"))
    with pytest.raises(Unusable, match=r"map\.toml"):
        read_mapping(file)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
GEOMETRY = st.fixed_dictionaries(
    {"type": st.sampled_from(["Polygon", "MultiPolygon", "GeometryCollection", "Point", "Curve"])},
    optional={"coordinates": JSON, "geometries": JSON},
)
FEATURE = JSON | st.fixed_dictionaries(
    {
        "type": st.just("Feature"),
        "properties": JSON | st.fixed_dictionaries({"code": JSON, "name": JSON, "level": JSON}),
    },
    optional={"geometry": JSON | GEOMETRY, "id": JSON},
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(features=st.lists(FEATURE, max_size=4))
def test_every_feature_is_taken_or_refused_whatever_it_is(reading, features):
    answers = reading(collection(*features))
    assert len(answers) == len(features)
    assert all(isinstance(answer, Incoming | Refused) for answer in answers)
