"""The maps of the view in a browser: circles and names of a few and of many places."""

import pytest

pytestmark = pytest.mark.slow

BOXES = """(world) => {
  const places = [...document.querySelectorAll(".twin-map-picture")[world].querySelectorAll(".twin-place")];
  const box = (node, place) => {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    return { left, right, top, bottom, place, text: node.textContent || "circle" };
  };
  const shown = (node) => node.tagName === "circle" || node.textContent;
  return places.flatMap((node, place) =>
    [...node.querySelectorAll(".twin-ring, .twin-name, .twin-plans")].filter(shown).map((part) => box(part, place)));
}"""
MEET = """() => {
  const { places, radius } = plansim.view.maps.layout;
  return places.some((a, i) => places.some((b, j) => i < j && Math.hypot(a.x - b.x, a.y - b.y) < 2 * radius));
}"""


def shared(a: dict, b: dict) -> bool:
    """Whether rectangles of two places share more than a hair."""
    wide = min(a["right"], b["right"]) - max(a["left"], b["left"])
    high = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
    return a["place"] != b["place"] and wide > 0.5 and high > 0.5


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("places", [3, 8, 96])
def test_circles_and_names_do_not_overlap(opened, places, width):
    page = opened(places=places, width=width)
    named = places <= 12
    assert (page.locator(".twin-name").count() > 0) == named
    for world in (0, 1):
        boxes = page.evaluate(BOXES, world)
        if named:
            assert not [(a["text"], b["text"]) for i, a in enumerate(boxes) for b in boxes[:i] if shared(a, b)]
        assert not page.evaluate(MEET)
        frame = page.locator(".twin-map-picture").nth(world).bounding_box()
        right, bottom = frame["x"] + frame["width"], frame["y"] + frame["height"]
        assert all(frame["x"] <= box["left"] and box["right"] <= right for box in boxes)
        assert all(frame["y"] <= box["top"] and box["bottom"] <= bottom for box in boxes)


@pytest.mark.parametrize("places", [3, 96])
def test_places_stay_where_they_are_when_the_setting_changes(opened, places):
    page = opened(places=places)
    before = page.evaluate("JSON.stringify(plansim.view.maps.layout.places)")
    page.get_by_label("Assumptions").select_option("replacement")
    page.get_by_label("Seed", exact=True).select_option("4")
    assert page.evaluate("JSON.stringify(plansim.view.maps.layout.places)") == before


def test_a_circle_is_as_large_as_the_persons_in_it(opened):
    page = opened()
    ratio = """() => { const { maps, twins, day } = plansim.view;
      return [0, 1].flatMap((world) => maps.nodes[world].map(({ rim }, place) =>
        Number(rim.getAttribute("r")) ** 2 / twins.allPersons(world, place, day))); }"""
    ratios = page.evaluate(ratio)
    assert max(ratios) == pytest.approx(min(ratios), rel=0.01)
