"""Random networks whose sizes are irregular in every way that the language has, from a seed."""

from __future__ import annotations

import json
from random import Random
from typing import Any

Item = dict[str, Any]


class Writer:
    """Writes the layers of one network; ``rank`` axes, each with its own numbers."""

    def __init__(self, seed: int, rank: int = 1) -> None:
        self.random = Random(seed)
        self.rank = rank
        self.names = 0
        self.framework = self.random.choice(["pytorch", "pytorch", "tensorflow", "caffe", "onnx"])

    def axes(self, low: int, high: int) -> Any:
        numbers = [self.random.randint(low, high) for _ in range(self.rank)]
        return numbers if self.rank > 1 else numbers[0]

    def conv(self) -> list[Item]:
        args: Item = {
            "kernel": self.axes(1, 5),
            "out": 4,
            "stride": self.axes(1, 3),
            "padding": self.axes(0, 2),
        }
        if self.random.random() < 0.3:
            args["dilation"] = self.axes(1, 3)
        if self.framework == "tensorflow" and self.random.random() < 0.5:
            args["padding"] = "same"
        return [{"conv": args}]

    def pool(self) -> list[Item]:
        args: Item = {"kernel": self.axes(2, 4), "stride": self.axes(1, 3)}
        if self.framework == "tensorflow":
            args["padding"] = self.random.choice(["same", "valid"])
        else:
            args["ceil"] = self.random.random() < 0.5
            args["padding"] = self.random.choice([0, 1])
        return [{"maxpool": args}]

    def transposed(self) -> list[Item]:
        stride = self.random.randint(1, 3)
        return [{"conv_transpose": {"kernel": self.axes(1, 4), "out": 4, "stride": stride}}]

    def upsample(self) -> list[Item]:
        return [{"upsample": {"factor": self.random.randint(2, 3)}}]

    def border(self) -> list[Item]:
        return [{self.random.choice(["pad", "crop"]): [self.random.randint(0, 2)] * self.rank}]

    def adaptive(self) -> list[Item]:
        return [{"adaptive_avgpool": self.random.randint(1, 7)}]

    def resized(self) -> list[Item]:
        return [{"upsample": {"size": self.random.randint(5, 40)}}]

    def shuffled(self) -> list[Item]:
        return [{"pixel_unshuffle": 2}, {"conv": {"kernel": 1, "out": 4}}]

    def level(self) -> list[Item]:
        mode = self.random.choice(["paper", "exact", "caffe", "adaptive"])
        return [{"spp_level": {"bins": self.random.randint(1, 4), "mode": mode}}]

    def skip(self, depth: int) -> list[Item]:
        """A branch that ends at the size of an earlier tensor, by one way or another."""
        self.names += 1
        name = f"t{self.names}"
        inner = self.items(depth - 1, 2)
        way = self.random.choice(["crop_to", "upsample_to", "none"])
        back = [] if way == "none" else [{way: {"target": name}} if way == "upsample_to" else {way: name}]
        join = self.random.choice(["concat", "add"])
        return [
            {"identity": None, "name": name},
            *inner,
            *back,
            {join: [name, "prev"]},
            {"conv": {"kernel": 1, "out": 4}},
        ]

    def residual(self, depth: int) -> list[Item]:
        args: Any = [*self.items(depth - 1, 2), {"conv": {"kernel": 1, "out": 4}}]
        if self.random.random() < 0.6:
            args = {"body": args, "shortcut": "project"}
        return [{"residual": args}]

    def branches(self, depth: int) -> list[Item]:
        some = [self.items(depth - 1, 2) for _ in range(2)]
        return [{"concat": some}, {"conv": {"kernel": 1, "out": 4}}]

    def gated(self) -> list[Item]:
        gate = self.random.choice(["global_avgpool", "maxpool2"])
        return [{"mul": {"gate": [gate], "map": []}}]

    def flat(self) -> list[Item]:
        return self.random.choice([[{"linear": 3}], ["flatten", {"slice": [0, 40]}], ["flatten", {"gn": 8}]])  # type: ignore[list-item]

    def items(self, depth: int, most: int) -> list[Item]:
        found: list[Item] = []
        for _ in range(self.random.randint(1, most)):
            plain = [self.conv, self.conv, self.pool, self.pool, self.transposed, self.upsample, self.border]
            rare = (
                [self.adaptive, self.resized, self.shuffled, self.level]
                if self.random.random() < 0.25
                else []
            )
            nested = [self.skip, self.residual, self.branches] if depth else []
            if self.rank == 1 and self.random.random() < 0.1:
                rare.append(self.gated)
            place = self.random.randrange(len(plain) + len(rare) + len(nested))
            flat = [*plain, *rare]
            found += flat[place]() if place < len(flat) else nested[place - len(flat)](depth)
        return found

    def spec(self) -> str:
        items = self.items(2, 4)
        if self.rank == 1 and self.random.random() < 0.2:
            items += self.flat()
        own = [self.random.randint(20, 60) for _ in range(self.rank)]
        return json.dumps({"framework": self.framework, "input": [4, *own], "layers": items})
