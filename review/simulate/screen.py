"""The recorded screen: the exam page, and what comes before it when the focus is lost.

OpenCV 5 carries a font with Chinese characters, so the pictures do not depend on the system's.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from review.simulate.layers import Picture
    from review.simulate.moment import Page

_Colour = tuple[int, int, int]
_INK: Final = (50, 44, 40)
_BLUE: Final = (176, 104, 36)
_PALE: Final = (246, 242, 238)
_GREEN: Final = (96, 160, 60)
#: Questions of the made-up paper, and their four answers.
_PAPER: Final = (
    ("下列哪一项属于网店流量的免费来源？", ("自然搜索", "直通车", "钻石展位", "超级推荐")),
    ("商品详情页首屏最应当说明什么？", ("核心卖点", "公司历史", "物流单号", "员工名单")),
    ("客户询问发货时间，客服首先应当做什么？", ("查看订单", "关闭会话", "更改价格", "推荐新品")),
    ("计算转化率时，分母通常取什么？", ("访客数", "收藏数", "库存数", "退款数")),
    ("以下哪种图片格式支持透明背景？", ("PNG", "JPEG", "BMP", "MP4")),
)
_CHAT: Final = ("在吗？第十二题选什么", "等我查一下", "应该选 B", "好的，谢谢")
#: Drawn pages that are kept; a page costs some tens of milliseconds.
_KEPT: Final = 8


class Screen:
    """Draws the recorded screen of one candidate.

    Parameters
    ----------
    size
        Width and height in pixels.
    title, candidate
        What the head of the exam page says.
    seconds
        Whether the timer shows seconds; long sessions are cheaper to make when it does not.
    """

    def __init__(
        self, *, size: tuple[int, int], title: str, candidate: str, seconds: bool = True
    ) -> None:
        self.size = size
        self._title, self._candidate, self._seconds = title, candidate, seconds
        self._pages: OrderedDict[tuple[object, ...], Picture] = OrderedDict()

    def key(self, page: Page) -> tuple[object, ...]:
        """Return what the picture depends on, the pointer apart."""
        left = page.remaining_s if self._seconds else -(-page.remaining_s // 60)
        return (page.kind, page.question, page.answered, left, page.notice)

    def draw(self, page: Page) -> Picture:
        """Return the picture (BGR) of a page."""
        key = self.key(page)
        if key not in self._pages:
            self._pages[key] = self._page(page)
            if len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        picture = self._pages[key].copy()
        _pointer(picture, page.pointer)
        return picture

    def _page(self, page: Page) -> Picture:
        picture = np.empty((self.size[1], self.size[0], 3), np.uint8)
        picture[:] = _PALE
        pen = _Pen(picture)
        if page.kind == "desktop":
            _desktop(pen)
            return picture
        self._head(pen, page)
        if page.kind == "wait":
            pen.text(0.3, 0.5, "等待考试开始", 0.06)
        elif page.kind == "done":
            pen.text(0.26, 0.45, "已交卷，感谢您完成考试", 0.055)
            pen.text(0.26, 0.56, "考试结束前请勿离开监控区域", 0.04)
        else:
            _paper(pen, page)
        if page.notice:
            pen.box(0.2, 0.12, 0.6, 0.07, (90, 200, 250))
            pen.text(0.22, 0.17, page.notice, 0.035)
        if page.kind in _WINDOWS:
            _WINDOWS[page.kind](pen)
        return picture

    def _head(self, pen: _Pen, page: Page) -> None:
        pen.box(0, 0, 1, 0.1, _BLUE)
        pen.text(0.02, 0.066, self._title, 0.036, (255, 255, 255))
        pen.text(0.52, 0.066, self._candidate, 0.032, (255, 255, 255))
        if page.kind != "done":
            left = page.remaining_s
            shown = (
                f"{left // 60:02d}:{left % 60:02d}" if self._seconds else f"{-(-left // 60)} min"
            )
            pen.text(0.84, 0.068, shown, 0.046, (255, 255, 255))


class _Pen:
    """Draws in fractions of the picture's width (x) and height (y, sizes of letters)."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.height, self.width = picture.shape[:2]

    def box(self, x: float, y: float, w: float, h: float, colour: _Colour) -> None:
        start = (round(x * self.width), round(y * self.height))
        end = (round((x + w) * self.width) - 1, round((y + h) * self.height) - 1)
        cv2.rectangle(self.picture, start, end, colour, -1)

    def frame(self, x: float, y: float, w: float, h: float, colour: _Colour) -> None:
        start = (round(x * self.width), round(y * self.height))
        end = (round((x + w) * self.width), round((y + h) * self.height))
        cv2.rectangle(self.picture, start, end, colour, max(1, self.height // 360))

    def text(self, x: float, y: float, text: str, size: float, colour: _Colour = _INK) -> None:
        at = (round(x * self.width), round(y * self.height))
        cv2.putText(self.picture, text, at, colour, _font(), max(7, round(size * self.height)))


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("uni")


def _paper(pen: _Pen, page: Page) -> None:
    text, answers = _PAPER[page.question % len(_PAPER)]
    pen.box(0.02, 0.13, 0.7, 0.83, (255, 255, 255))
    pen.text(0.04, 0.22, f"{page.question}. {text}", 0.042)
    for index, answer in enumerate(answers):
        y = 0.34 + 0.12 * index
        pen.frame(0.045, y - 0.04, 0.025, 0.04, (150, 150, 150))
        pen.text(0.09, y, f"{'ABCD'[index]}.  {answer}", 0.038)
    pen.box(0.3, 0.84, 0.14, 0.07, _BLUE)
    pen.text(0.325, 0.888, "下一题", 0.036, (255, 255, 255))
    pen.box(0.75, 0.13, 0.23, 0.83, (255, 255, 255))
    pen.text(0.77, 0.2, "答题卡", 0.036)
    for index in range(40):
        x, y = 0.765 + 0.04 * (index % 5), 0.24 + 0.085 * (index // 5)
        answered = index < page.answered
        pen.box(x, y, 0.034, 0.065, _GREEN if answered else (225, 225, 225))
        if pen.height >= 480:
            pen.text(x + 0.007, y + 0.045, str(index + 1), 0.024)


def _chat(pen: _Pen) -> None:
    pen.box(0.3, 0.16, 0.46, 0.7, (60, 60, 60))
    pen.box(0.303, 0.22, 0.454, 0.635, (240, 240, 240))
    pen.text(0.32, 0.205, "微信", 0.034, (255, 255, 255))
    for index, line in enumerate(_CHAT):
        mine = index % 2 == 0
        x, y = (0.47, 0.27 + 0.13 * index) if mine else (0.32, 0.27 + 0.13 * index)
        pen.box(x, y, 0.27, 0.09, (110, 220, 150) if mine else (255, 255, 255))
        pen.text(x + 0.012, y + 0.06, line, 0.034)


def _search(pen: _Pen) -> None:
    pen.box(0.08, 0.1, 0.84, 0.86, (255, 255, 255))
    pen.box(0.08, 0.1, 0.84, 0.08, (222, 222, 226))
    pen.box(0.2, 0.118, 0.56, 0.046, (255, 255, 255))
    pen.text(0.21, 0.153, "网店流量 免费来源 答案", 0.032)
    for index in range(4):
        y = 0.27 + 0.17 * index
        pen.text(0.12, y, f"电子商务师 考试题库 第{index + 1}套 参考答案", 0.036, (190, 60, 20))
        pen.box(0.12, y + 0.03, 0.6, 0.015, (200, 200, 200))
        pen.box(0.12, y + 0.06, 0.48, 0.015, (210, 210, 210))


def _office(pen: _Pen) -> None:
    pen.box(0.0, 0.04, 1.0, 0.96, (255, 255, 255))
    pen.box(0.0, 0.04, 1.0, 0.07, (90, 150, 50))
    pen.text(0.02, 0.09, "WPS Office - 商品数据表.xlsx", 0.034, (255, 255, 255))
    for row in range(14):
        y = 0.16 + 0.058 * row
        pen.box(0.0, y, 1.0, 0.003, (205, 205, 205))
        if row:
            pen.text(0.02, y - 0.012, f"SKU-{1000 + row * 37}", 0.03)
            pen.text(0.3, y - 0.012, f"{row * 129 % 700}", 0.03)
            pen.text(0.55, y - 0.012, f"{row * 53 % 97}.{row}0", 0.03)
    for column in range(1, 6):
        pen.box(0.02 + 0.18 * column, 0.11, 0.0015, 0.89, (205, 205, 205))


def _desktop(pen: _Pen) -> None:
    pen.box(0, 0, 1, 1, (150, 100, 40))
    pen.box(0, 0.93, 1, 0.07, (60, 50, 40))
    for index in range(5):
        pen.box(0.03, 0.06 + 0.16 * index, 0.05, 0.08, (200, 190, 120 + 20 * index))


_WINDOWS: Final[Mapping[str, Callable[[_Pen], None]]] = {
    "chat": _chat,
    "search": _search,
    "office": _office,
}


def _pointer(picture: Picture, at: tuple[float, float]) -> None:
    height, width = picture.shape[:2]
    x, y, s = at[0] * width, at[1] * height, height / 36
    shape = np.array([(0, 0), (0, 1.0), (0.28, 0.75), (0.7, 0.72)]) * s + (x, y)
    fixed = np.round(shape).astype(np.int32)
    cv2.fillPoly(picture, [fixed], (255, 255, 255), cv2.LINE_AA)
    cv2.polylines(picture, [fixed], True, (0, 0, 0), 1, cv2.LINE_AA)
