"""The brief as an editable DOCX: the texts and tables of the page, in the same order."""

from pathlib import Path

from docx import Document
from docx.shared import Mm, Pt

from pipeline.core import files
from pipeline.publish import workbook
from pipeline.report.brief import Brief
from pipeline.report.brief_page import clean
from pipeline.report.brief_ways import Grid


def write(brief: Brief, path: Path) -> None:
    """Write the document, equal bytes for equal input."""
    document = Document()
    core = document.core_properties
    core.title, core.author, core.comments = clean(brief.title), "", ""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(15)
    document.styles["Normal"].font.size = Pt(9)
    document.styles["Normal"].paragraph_format.space_after = Pt(3)
    document.add_heading(clean(brief.title), level=1)
    document.add_paragraph(clean(f"As of {brief.day}"))
    for text in brief.now:
        document.add_paragraph(clean(text))
    for grid in brief.grids:
        _grid(document, grid)
    for heading, lines in (("What changed since the last snapshot", brief.changed),
                           ("How sure this is", brief.sure)):  # fmt: skip
        document.add_heading(heading, level=2)
        for text in lines:
            document.add_paragraph(clean(text), style="List Bullet")
    document.add_heading("In short", level=2)
    document.add_paragraph(clean(brief.paragraph))
    document.add_paragraph(clean(brief.credit))
    with files.scratch(path) as made:
        document.save(str(made))
        workbook.pin(made, path)


def _grid(document: "Document", grid: Grid) -> None:  # type: ignore[valid-type]
    document.add_heading(clean(grid.heading), level=2)  # type: ignore[attr-defined]
    if grid.rows:
        table = document.add_table(1, len(grid.head), style="Light Grid Accent 1")  # type: ignore[attr-defined]
        for cell, text in zip(table.rows[0].cells, grid.head, strict=True):
            cell.text = clean(text)
        for row in grid.rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = clean(text)
    if grid.note:
        document.add_paragraph(clean(grid.note))  # type: ignore[attr-defined]
