"""Make the shipped templates of decision letters: ``python scripts/letter_template.py``.

They are ordinary Word files with Jinja tags; an institution edits a copy in Word and keeps it under
the same name in its own folder of templates.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

if TYPE_CHECKING:
    from docx.document import Document as Letter

FOLDER: Final = Path(__file__).parents[1] / "review" / "reporting" / "templates"

#: What each paragraph is, and what it says; ``{%p ... %}`` stands in a paragraph of its own.
ENGLISH: Final = (
    ("title", "Decision on an exam"),
    ("plain", "To {{ candidate.name }}, admission ticket {{ candidate.id }}"),
    (
        "plain",
        (
            "Exam: {{ exam.session }}, {{ exam.subject }}, {{ exam.schedule }} "
            "({{ exam.timezone }}). Occupation and level: "
            "{{ candidate.occupation }} {{ candidate.level }}."
        ),
    ),
    ("plain", "{%p if outcome_class == 'cleared' %}"),
    (
        "plain",
        (
            "The recordings and records of this exam were reviewed. No breach of the rules was "
            "established; your result stands."
        ),
    ),
    ("plain", "{%p else %}"),
    (
        "plain",
        (
            "The recordings and records of this exam were reviewed. The reviewers named below "
            "established: {{ outcome }}."
        ),
    ),
    ("heading", "Facts"),
    ("plain", "{%p for flag in flags %}"),
    ("item", "{{ flag.number }}. {{ flag.label }}, {{ flag.when }}: {{ flag.reason }}"),
    ("plain", "{%p endfor %}"),
    ("heading", "Rules applied"),
    ("plain", "{%p for clause in clauses %}"),
    ("item", "{{ clause.number }}: {{ clause.text }}"),
    ("plain", "{%p endfor %}"),
    ("heading", "Decision"),
    ("plain", "{%p for penalty in penalties %}"),
    ("item", "{{ penalty }}"),
    ("plain", "{%p else %}"),
    ("item", "No penalty is given as things stand."),
    ("plain", "{%p endfor %}"),
    ("plain", "{%p endif %}"),
    ("plain", "{%p if appeal_until %}"),
    (
        "plain",
        (
            "You may appeal to the issuer of this letter until {{ appeal_until }}. You may ask for "
            "a copy of the report of this review."
        ),
    ),
    ("plain", "{%p endif %}"),
    ("heading", "Signed by"),
    ("plain", "{%p for one in signatures %}"),
    ("item", "{{ one.who }} ({{ one.role }}), {{ one.day }}"),
    ("plain", "{%p endfor %}"),
    ("right", "{{ issuer.name }}"),
    ("right", "{{ issuer.contact }}"),
    ("right", "{{ today }}"),
    ("small", "Ledger: {{ anchor }}"),
)
CHINESE: Final = (
    ("title", "考试处理决定书"),
    ("plain", "{{ candidate.name }}（准考证号：{{ candidate.id }}）："),
    (
        "plain",
        (
            "您参加的考试：{{ exam.session }}，科目：{{ exam.subject }}，时间：{{ exam.schedule }}"
            "（{{ exam.timezone }}）。报考职业及等级：{{ candidate.occupation }}"
            "{{ candidate.level }}。"
        ),
    ),
    ("plain", "{%p if outcome_class == 'cleared' %}"),
    (
        "plain",
        "我单位已对本次考试的录像及记录进行审阅，未认定违反考试规定的行为，您的考试成绩有效。",
    ),
    ("plain", "{%p else %}"),
    ("plain", "我单位已对本次考试的录像及记录进行审阅，经下列人员认定：{{ outcome }}。"),
    ("heading", "一、认定的事实"),
    ("plain", "{%p for flag in flags %}"),
    ("item", "{{ flag.number }}．{{ flag.label }}，{{ flag.when }}：{{ flag.reason }}"),
    ("plain", "{%p endfor %}"),
    ("heading", "二、适用的规定"),
    ("plain", "{%p for clause in clauses %}"),
    ("item", "{{ clause.number }}：{{ clause.text }}"),
    ("plain", "{%p endfor %}"),
    ("heading", "三、处理决定"),
    ("plain", "{%p for penalty in penalties %}"),
    ("item", "{{ penalty }}"),
    ("plain", "{%p else %}"),
    ("item", "目前不予处分。"),
    ("plain", "{%p endfor %}"),
    ("plain", "{%p endif %}"),
    ("plain", "{%p if appeal_until %}"),
    (
        "plain",
        "如对本决定不服，可于{{ appeal_until }}前向我单位提出申诉，并可申请获取审阅报告副本。",
    ),
    ("plain", "{%p endif %}"),
    ("heading", "签字人员"),
    ("plain", "{%p for one in signatures %}"),
    ("item", "{{ one.who }}（{{ one.role }}），{{ one.day }}"),
    ("plain", "{%p endfor %}"),
    ("right", "{{ issuer.name }}"),
    ("right", "{{ issuer.contact }}"),
    ("right", "{{ today }}"),
    ("small", "台账：{{ anchor }}"),
)


def letter(*paragraphs: tuple[str, str]) -> Letter:
    """Return a Word file of these paragraphs on A4."""
    made = Document()
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.7)
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Noto Serif", Pt(11)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Noto Serif CJK SC")
    for number, (kind, text) in enumerate(paragraphs):
        one = made.add_paragraph()
        run = one.add_run(text)
        one.paragraph_format.space_after = Pt(6)
        if kind == "title":
            one.alignment = WD_ALIGN_PARAGRAPH.CENTER
            run.font.size, run.bold = Pt(18), True
            one.paragraph_format.page_break_before = number > 0
            one.paragraph_format.space_after = Pt(18)
        elif kind == "heading":
            run.bold = True
            one.paragraph_format.keep_with_next = True
            one.paragraph_format.space_before = Pt(10)
        elif kind == "item":
            one.paragraph_format.left_indent = Cm(0.8)
        elif kind == "right":
            one.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        elif kind == "small":
            run.font.size = Pt(7)
    return made


def main() -> None:
    """Write the three templates."""
    letter(*ENGLISH).save(str(FOLDER / "letter.en.docx"))
    letter(*CHINESE).save(str(FOLDER / "letter.zh.docx"))
    letter(*CHINESE, *ENGLISH).save(str(FOLDER / "letter.both.docx"))


if __name__ == "__main__":
    main()
