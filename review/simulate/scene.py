"""The pictures of the three cameras, drawn from a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from review.simulate import figure, layers, portrait, room
from review.simulate.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from review.simulate.layers import Picture
    from review.simulate.moment import Actor, Moment, Pose
    from review.simulate.portrait import Look
    from review.simulate.room import Room


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where people stand in a camera's picture; fractions of its width (x) and height (y).

    Parameters
    ----------
    seat, beside
        Neck of somebody in the seat, and of somebody who stands behind it.
    head
        Height of a seated head (the other is 0.85 of it).
    exit_x
        How far and whither somebody moves to be out of the picture.
    turn
        How far heads are turned.
    """

    seat: tuple[float, float]
    beside: tuple[float, float]
    head: float
    exit_x: float
    turn: float


#: Camera 1 stands 0.3 to 0.6 m before the face at its height, 2 and 3 at 1.5 to 2 m, at 45 degrees
#: behind to the right and ahead to the left (ITMC notice, part 4, section 2).
PLACEMENTS: Final[Mapping[str, Placement]] = {
    "front": Placement(seat=(0.5, 0.79), beside=(0.8, 0.6), head=0.6, exit_x=-0.95, turn=0.0),
    "right_rear": Placement(seat=(0.7, 0.5), beside=(0.2, 0.3), head=0.27, exit_x=0.6, turn=0.0),
    "left_front": Placement(
        seat=(0.42, 0.52), beside=(0.2, 0.42), head=0.27, exit_x=-0.75, turn=0.35
    ),
}
#: Height of the head in the head's picture.
_HEAD_PX: Final = 700.0
#: Planes of sensor noise that take turns.
_NOISES: Final = 7


class Camera:
    """Draws one camera's view of one sitting.

    Parameters
    ----------
    view
        ``front``, ``right_rear`` or ``left_front``.
    size
        Width and height in pixels.
    looks
        Who -> look.
    noise
        Standard deviation of the sensor's noise (0 to 255).
    """

    def __init__(
        self,
        view: str,
        *,
        size: tuple[int, int],
        furniture: Room,
        looks: Mapping[str, Look],
        noise: float = 1.6,
        seed: int = 0,
    ) -> None:
        self.view, self.size = view, size
        self._placement = PLACEMENTS[view]
        self._looks = looks
        self._figures: dict[tuple[str, bool], Figure] = {}
        self._empty = room.backdrop(furniture, view, size)
        behind, self._before = room.desk(furniture, view, size)
        layers.lay(self._empty, behind, np.eye(2, 3))
        self._noise = _noise_planes(size, noise, np.random.default_rng(seed))

    def draw(self, moment: Moment, *, screen: Picture | None = None, index: int = 0) -> Picture:
        """Return the picture (BGR) of a moment.

        Parameters
        ----------
        screen
            What the monitor shows, for the camera behind.
        index
            Number of the picture: neighbours have different noise.
        """
        if self.view in moment.covered:
            picture = np.full((self.size[1], self.size[0], 3), (22, 20, 34), np.uint8)
            return self._developed(picture, 1.0, index)
        picture = self._empty.copy()
        standing = [actor for actor in moment.actors if not actor.seated]
        seated = [actor for actor in moment.actors if actor.seated]
        if self.view == "right_rear":
            if screen is not None:
                self._screen(picture, screen)
            # Whoever stands behind the seat stands behind this camera.
            for actor in seated:
                self._back(picture, actor, moment.pose)
        else:
            for actor in standing + seated:
                self._face(picture, actor, moment.pose)
        if self.view != "front":
            layers.lay(picture, self._before, np.eye(2, 3))
        return self._developed(picture, moment.light, index)

    def _developed(self, picture: Picture, light: float, index: int) -> Picture:
        lit = cv2.convertScaleAbs(picture, alpha=light)
        return np.asarray(cv2.add(lit, self._noise[index % len(self._noise)], dtype=cv2.CV_8U))

    def _figure(self, actor: Actor) -> Figure:
        key = (actor.who, actor.seated)
        if key not in self._figures:
            size = self._placement.head * (1.0 if actor.seated else 0.85)
            self._figures[key] = Figure(
                look=self._looks[actor.who],
                scale=size * self.size[1] / _HEAD_PX,
                turn=self._placement.turn,
            )
        return self._figures[key]

    def _neck(self, actor: Actor) -> tuple[float, float]:
        """Return where the neck is in the picture, in pixels, before any sway."""
        width, height = self.size
        x, y = self._placement.seat if actor.seated else self._placement.beside
        # One gets up first, then walks.
        up = min(1.0, 3 * actor.out) if actor.seated else 0.3 * min(1.0, 3 * actor.out)
        away = self._placement.exit_x if actor.seated else _away(x, self.view)
        return (x + away * actor.out) * width, (y - 0.06 * up) * height

    def faces(self, moment: Moment) -> dict[str, NDArray[np.float64]]:
        """Return who shows a face in the picture of a moment, and where.

        Returns
        -------
        dict
            Who -> x, y, width and height in pixels, brows to chin and cheek to cheek. Part of it
            may lie outside of the picture or behind somebody else.
        """
        if self.view == "right_rear" or self.view in moment.covered:
            return {}
        left, top, right, bottom = portrait.FACE
        found = {}
        for actor in moment.actors:
            if actor.out < 1:
                point = self._figure(actor).point
                corners = [(*point((x, y)), 1.0) for x in (left, right) for y in (top, bottom)]
                at = self._head(actor, moment.pose) @ np.array(corners).T
                low, high = at.min(axis=1), at.max(axis=1)
                found[actor.who] = np.concatenate([low, high - low])
        return found

    def _head(self, actor: Actor, pose: Pose) -> NDArray[np.float64]:
        """Return where a head seen from in front is laid."""
        body = self._figure(actor)
        unit = _HEAD_PX * body.scale
        x, y = self._neck(actor)
        sway = unit * (pose.x if actor.seated else 0.5 * pose.x)
        down = pose.down if actor.seated else 0.0
        return layers.placed(
            body.point(portrait.NECK),
            (x + sway * 0.7, y + unit * (pose.y + 0.05 * down)),
            scale=(1.0 + 0.02 * down, 1.0 - 0.05 * down),
            turn_deg=pose.tilt_deg,
            shear=0.3 * pose.x,
        )

    def _face(self, picture: Picture, actor: Actor, pose: Pose) -> None:
        if actor.out >= 1:
            return
        body = self._figure(actor)
        unit = _HEAD_PX * body.scale
        x, y = self._neck(actor)
        sway = unit * (pose.x if actor.seated else 0.5 * pose.x)
        collar = body.point(figure.COLLAR)
        rise = unit * (0.6 * pose.y - 0.012 * pose.breath)
        layers.lay(picture, body.part("torso"), layers.placed(collar, (x + 0.4 * sway, y + rise)))
        down = pose.down if actor.seated else 0.0
        layers.lay(picture, body.head(_state(pose, down)), self._head(actor, pose))

    def _back(self, picture: Picture, actor: Actor, pose: Pose) -> None:
        if actor.out >= 1:
            return
        body = self._figure(actor)
        unit = _HEAD_PX * body.scale
        x, y = self._neck(actor)
        if actor.seated and actor.out == 0:
            self._hands(picture, body, pose, actor.who)
        collar, nape = body.point(figure.COLLAR), body.point(figure.NAPE)
        sway = unit * pose.x
        # Seen at 45 degrees a trunk is narrower.
        layers.lay(
            picture,
            body.part("back"),
            layers.placed(
                collar,
                (x - 0.4 * sway, y - 0.012 * unit * pose.breath),
                scale=(0.86, 1.0),
                shear=-0.06,
            ),
        )
        head = layers.placed(
            nape,
            (x - 0.7 * sway, y + unit * (pose.y + 0.02)),
            scale=(0.95, 1.0 - 0.06 * pose.down),
            turn_deg=-pose.tilt_deg - 3 - 4 * pose.down,
        )
        layers.lay(picture, body.part("back_head"), head)

    def _hands(self, picture: Picture, body: Figure, pose: Pose, who: str) -> None:
        width, height = self.size
        elbows = ((0.65, 0.78), (0.67, 0.71))
        hands = (((0.37, 0.7), pose.left_hand), ((0.53, 0.69), pose.right_hand))
        colour = tuple(0.8 * c for c in self._looks[who].cloth)
        for elbow, ((x, y), lift) in zip(elbows, hands, strict=True):
            at = (x * width, (y - 0.012 * lift) * height)
            cuff = (round(at[0] + 170 * body.scale), round(at[1] + 110 * body.scale))
            end = (round(elbow[0] * width), round(elbow[1] * height))
            cv2.line(picture, cuff, end, colour, max(2, round(0.055 * height)), cv2.LINE_AA)
            tip = body.point((100.0, 60.0))
            layers.lay(
                picture, body.part("hand"), layers.placed(tip, at, scale=0.8, turn_deg=-4 * lift)
            )

    def _screen(self, picture: Picture, screen: Picture) -> None:
        matrix = room.monitor_matrix(self.size, (screen.shape[1], screen.shape[0]))
        shown = cv2.warpPerspective(screen, matrix, self.size, flags=cv2.INTER_AREA)
        corners = np.array(room.MONITOR) * self.size
        mask = np.zeros(self.size[::-1], np.uint8)
        cv2.fillConvexPoly(mask, np.round(corners).astype(np.int32), 255, cv2.LINE_AA)
        cv2.copyTo(shown, mask, picture)


def _away(x: float, view: str) -> float:
    """Return how far somebody behind the seat moves to be out, by the side on which it stands."""
    half = 0.45 if view == "front" else 0.35
    return 1 - x + half if x > 0.5 else -(x + half)


def _state(pose: Pose, down: float) -> str:
    if pose.lids == "shut":
        return "shut"
    if down > 0.5:
        return "down"
    return "talk" if pose.talking else pose.lids


def _noise_planes(
    size: tuple[int, int], deviation: float, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return planes of noise, most of it in patches that survive a lossy encoder."""
    shape = size[::-1]
    planes = []
    for _ in range(_NOISES):
        coarse = layers.smooth_noise(shape, grain=shape[0] / 12, rng=rng)
        fine = rng.standard_normal((*shape, 3)).astype(np.float32)
        mixed = deviation * (0.6 * coarse[..., None] + 0.8 * fine)
        planes.append(np.round(mixed).astype(np.int16))
    return planes
