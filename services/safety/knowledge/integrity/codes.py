"""Code maps: each code leads to one product, and each product to drugs that are known."""

from collections.abc import Iterator

from services.safety.knowledge.code_maps import code_key
from services.safety.knowledge.layers import Layer
from services.safety.knowledge.problems import Problem


def code_maps(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Codes mapped twice, and products that hold an unknown drug."""
    if any(file.startswith("drugs/") for layer in (shipped, site) for file in layer.broken):
        return
    drugs = {one.value.drug for layer in (shipped, site) for one in layer.drugs}
    taken: dict[tuple[str, str], str] = {}
    for layer in (shipped, site):
        for one in layer.code_maps:
            for at, product in enumerate(one.value.products):
                for which, code in enumerate(product.codes):
                    place = (one.value.system, code_key(code))
                    if place in taken:
                        what = f"the code {code!r} of {one.value.system} is mapped already in {taken[place]}"
                        yield one.problem(what, "keep one of the two", "products", at, "codes", which)
                    taken.setdefault(place, one.document.file)
                for which, content in enumerate(product.contents):
                    if content.ingredient not in drugs:
                        what = f"the product holds an unknown drug {content.ingredient!r}"
                        cure = f"add drugs/{content.ingredient.replace(' ', '-')}.yaml or correct its name"
                        yield one.problem(what, cure, "products", at, "contents", which)
