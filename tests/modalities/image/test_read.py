"""Reading images: tables, folders, npz files and boxes; what is wrong with a file or an image is said."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.image import label_maps, pixels
from riboswitch.modalities.image.read import identity, label_lengths, read, read_list


@pytest.fixture
def folder(tmp_path):
    """A folder with a grey image, one in colours, a map of classes, one of objects, and broken files."""
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 200, (10, 12)).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(np.repeat(grey[..., None], 3, 2)).save(tmp_path / "rgb.png")
    Image.fromarray(grey.astype(np.uint16) * 300).save(tmp_path / "deep.tif")
    objects = np.zeros((10, 12), np.uint8)
    objects[1:5, 1:5], objects[1:5, 5:9] = 1, 2
    Image.fromarray(objects).save(tmp_path / "objects.png")
    Image.fromarray(objects[:9]).save(tmp_path / "short.png")
    Image.fromarray(objects * 50).save(tmp_path / "many.png")
    Image.fromarray(objects + np.float32(0.5)).save(tmp_path / "halves.tif")
    holes = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    Image.fromarray(holes).save(tmp_path / "opaque.png")
    holes[0, 0, 3] = 9
    Image.fromarray(holes).save(tmp_path / "holes.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "rgb.png").read_bytes()[:150])
    (tmp_path / "notes.png").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    wrong = grey.astype(np.float32)
    wrong[2, 3] = np.nan
    Image.fromarray(wrong).save(tmp_path / "nan.tif")
    one, two = Image.fromarray(grey), Image.fromarray(grey[:5])
    one.save(tmp_path / "pages.tif", save_all=True, append_images=[one, one])
    one.save(tmp_path / "uneven.tif", save_all=True, append_images=[two])
    return tmp_path


def table(folder, *lines, head="id,image"):
    (folder / "list.csv").write_text("\n".join([head, *lines]) + "\n")
    return folder / "list.csv"


def images(stream):
    return [item.components["image"] for item in stream]


def test_a_table_names_images_from_its_own_folder(folder):
    stream = read(table(folder, "a,grey.png,p1", "b,grey.png,p2", head="id,file name,plate"))
    records = list(stream)
    assert [r.id for r in records] == ["a", "b"] and records[1].fields == {"file": "grey.png", "plate": "p2"}
    assert records[0].components["image"].shape == (10, 12, 1)
    assert stream.found.columns == {"images": "file name", "ids": "id"}
    assert stream.found.learned == {"channels": 1, "pixels": "uint8"}
    assert identity(records[0].components) == identity(records[1].components)


def test_pages_are_channels_and_an_opaque_image_loses_what_says_so(folder):
    pages, opaque, deep = (
        read_list([str(folder / name)]) for name in ("pages.tif", "opaque.png", "deep.tif")
    )
    assert images(pages)[0].shape == (10, 12, 3) and images(opaque)[0].shape == (10, 12, 3)
    assert images(deep)[0].dtype == np.uint16


def test_a_folder_gives_its_images_by_name_with_the_folder_of_each(folder):
    for kind in ("one", "two"):
        (folder / "set" / kind).mkdir(parents=True)
        Image.open(folder / "grey.png").save(folder / "set" / kind / "x.png")
    found = list(read(folder / "set"))
    assert [(r.id, r.fields["folder"]) for r in found] == [("row-1", "one"), ("row-2", "two")] or [
        (r.id, r.fields["folder"]) for r in found
    ] == [("one/x.png", "one"), ("two/x.png", "two")]


def test_an_npz_gives_images_fields_maps_and_parts(tmp_path):
    x = np.arange(2 * 4 * 5).reshape(2, 4, 5).astype(np.uint8)
    np.savez(tmp_path / "a.npz", images=x, ids=np.array(["p", "q"]), y=np.array([1, 0]), maps=(x > 20) * 1)
    found = list(read(tmp_path / "a.npz", masks="maps"))
    assert [r.id for r in found] == ["p", "q"] and found[0].fields["y"] == 1
    assert found[1].fields["maps"] == "0" + "1" * 19
    np.savez(tmp_path / "b.npz", train_images=x, train_labels=np.array([[0], [1]]), val_images=x[:1],
             val_labels=np.array([[2]]))  # fmt: skip
    found = list(read(tmp_path / "b.npz"))
    assert [(r.fields["part"], r.fields["labels"]) for r in found] == [
        ("train", 0),
        ("train", 1),
        ("valid", 2),
    ]


VOC = """<annotation><filename>grey.png</filename>
<object><name>cell</name><bndbox><xmin>2</xmin><ymin>1</ymin><xmax>8</xmax><ymax>5</ymax></bndbox></object>
<object><name>spot</name><bndbox><xmin>4</xmin><ymin>4</ymin><xmax>4</xmax><ymax>9</ymax></bndbox></object>
</annotation>"""


def test_boxes_are_images_of_their_own(folder):
    (folder / "grey.xml").write_text(VOC)
    cell, spot = read(folder / "grey.xml")
    assert cell.id == "grey-1" and cell.fields == {"file": "grey.png", "name": "cell"}
    whole = np.asarray(Image.open(folder / "grey.png"))
    np.testing.assert_array_equal(cell.components["image"][..., 0], whole[1:5, 2:8])
    assert isinstance(spot, Rejection) and spot.code == "BAD_BOX" and "is empty" in spot.reason
    line = "a,grey.png,2,1,8,5"
    stream = read(
        table(folder, line, head="id,image,x0,y0,x1,y1"), boxes=["x0", "y0", "x1", "y1"], margin=0.5
    )
    np.testing.assert_array_equal(images(stream)[0][..., 0], whole[0:7, 0:11])


@pytest.mark.parametrize("fit", ["stretch", "within", "crop"])
@pytest.mark.parametrize("size", [8, 16])
def test_images_and_their_maps_are_brought_to_one_size(folder, fit, size):
    path = table(folder, "a,grey.png,objects.png", head="id,image,mask")
    (record,) = read(path, masks="mask", size=size, fit=fit)
    assert record.components["image"].shape == (size, size, 1) and len(record.fields["mask"]) == size**2
    assert {*record.fields["mask"]} <= {*"012."} and {*"12"} <= {*record.fields["mask"]}
    padded = {("within", 8), ("within", 16), ("crop", 16)}
    assert ("." in record.fields["mask"]) == ((fit, size) in padded)


def test_objects_that_touch_stay_apart_and_a_step_takes_the_middle(folder):
    path = table(folder, "a,grey.png,objects.png", head="id,image,mask")
    (record,) = read(path, masks="mask", mask_kind="objects")
    lines = re.findall(".{12}", record.fields["mask"])
    assert lines[:3] == ["o" * 12, "oeeeeeeeeooo", "oeiieeiieooo"] and lines[5] == "o" * 12
    (coarse,) = read(path, masks="mask", mask_kind="objects", step=4)
    assert coarse.fields["mask"] == "iio" + "ooo" + "ooo"
    assert len(coarse.fields["mask"]) in label_lengths(coarse.components)


def test_colours_become_grey_and_grey_gets_three_channels(folder):
    grey, three = str(folder / "grey.png"), str(folder / "rgb.png")
    assert [i.shape[2] for i in images(read_list([grey, three], colours="rgb"))] == [3, 3]
    one, other = images(read_list([grey, three], colours="grey"))
    np.testing.assert_allclose(one.astype(int), other.astype(int), atol=1)


BAD_ROWS = [  # row of a table with a map, reading, code, part of the reason
    ("none.png,objects.png", {}, "NO_FILE", "none.png: no such file"),
    ("sub,objects.png", {}, "NO_FILE", "a folder"),
    (",objects.png", {}, "EMPTY", "names no image"),
    ("notes.png,objects.png", {}, "NOT_AN_IMAGE", "notes.png is no image that is known"),
    ("empty.png,objects.png", {}, "NOT_AN_IMAGE", "empty.png is no image"),
    ("cut.png,objects.png", {}, "DAMAGED", "cut.png: "),
    ("holes.png,objects.png", {}, "TRANSPARENT", "not opaque"),
    ("nan.tif,objects.png", {}, "NOT_FINITE", "line 3, column 4"),
    ("uneven.tif,objects.png", {}, "PAGES_DIFFER", "10 x 12, 5 x 12"),
    ("rgb.png,objects.png", {"channels": 1}, "OTHER_CHANNELS", "3 channels, and others have 1"),
    ("pages.tif,objects.png", {"colours": "grey", "channels": 4}, "OTHER_CHANNELS", "1 channels"),
    ("deep.tif,objects.png", {"pixels": "uint8"}, "OTHER_PIXELS", "uint16, and others have uint8"),
    ("grey.png,", {}, "NO_MASK", "names no map"),
    ("grey.png,none.png", {}, "NO_MASK", "no such file"),
    ("grey.png,short.png", {}, "MASK_SIZE", "9x12 pixels, its image 10x12"),
    ("grey.png,many.png", {}, "BAD_MASK", "holds the class 100"),
    ("grey.png,halves.tif", {}, "BAD_MASK", "not whole"),
    ("grey.png,notes.png", {}, "BAD_MASK", "no image that is known"),
    ("grey.png,pages.tif", {}, "NO_ERROR", ""),  # three equal pages are one map
    ("grey.png,objects.png,1", {}, "RAGGED_ROW", "cells"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "reading", "code", "reason"), BAD_ROWS, ids=[f"{b[0]}-{b[2]}" for b in BAD_ROWS]
)
def test_a_bad_row_is_rejected_with_its_reason_and_others_are_read(folder, row, reading, code, reason):
    (folder / "sub").mkdir()
    path = table(folder, f"a,{row}", "b,grey.png,objects.png", head="id,image,mask")
    if code == "NO_ERROR":
        assert all(isinstance(item, Record | Rejection) for item in read(path, masks="mask", **reading))
        return
    first, second = read(path, masks="mask", **reading)
    assert isinstance(first, Rejection) and first.code == code and reason in first.reason
    assert first.hint and first.source == "list.csv" and first.row == 1
    assert isinstance(second, Record) or reading.get("channels") == 4


def test_boxes_that_cannot_be_used_are_rejected(folder):
    rows = ["a,grey.png,1,1,x,5", "b,grey.png,5,1,2,5", "c,grey.png,-4,1,8,5", "d,grey.png,2,2,90,5"]
    path = table(folder, *rows, head="id,image,x0,y0,x1,y1")
    found = list(read(path, boxes=["x0", "y0", "x1", "y1"]))
    assert [item.code for item in found] == ["BAD_BOX"] * 4
    for item, words in zip(
        found, ("not four numbers", "is empty", "lies outside", "lies outside"), strict=True
    ):
        assert words in item.reason


def test_ids_that_are_missing_or_repeated_are_rejected_if_their_column_is_named(folder):
    path = table(folder, "a,grey.png", ",grey.png", "a,rgb.png")
    found = list(read(path, id_column="id", colours="rgb"))
    assert [getattr(item, "code", "") for item in found] == ["", "MISSING_ID", "DUPLICATE_ID"]
    assert [type(i) for i in read(path, id_column="id", repeated_ids="keep", colours="rgb")] == [Record] * 3


def test_an_image_that_is_too_large_is_not_opened(folder, monkeypatch):
    monkeypatch.setattr(pixels, "MOST_PIXELS", 100)
    pixels.image_of_file.cache_clear()
    (found,) = read_list([str(folder / "grey.png")])
    assert found.code == "TOO_LARGE" and "12 x 10" not in found.reason and "10 x 12 pixels" in found.reason
    pixels.image_of_file.cache_clear()


def test_arrays_that_are_no_images_are_rejected():
    found = list(read_list([np.zeros(4), np.zeros((2, 3, 4, 5)), np.array([["a"]]), "", np.zeros((0, 4))]))
    assert [item.code for item in found] == ["BAD_IMAGE", "BAD_IMAGE", "BAD_IMAGE", "EMPTY", "BAD_IMAGE"]
    (good,) = read_list([np.eye(4, dtype=bool)])
    assert good.components["image"].max() == 255


BAD_FILES = [  # name, contents, options, error, message
    ("no.csv", None, {}, InputError, "no such file"),
    ("a.csv", "name,size\nx,1\n", {}, InputError, "no column of images was found"),
    ("a.csv", "image,path\nx,y\n", {"image_column": "file"}, InputError, "no column|no such column|'file'"),
    ("a.csv", "img,photo\nx,y\n", {}, InputError, "several columns may hold the images"),
    ("a.csv", "image\nx\n", {"masks": "mask"}, InputError, "mask"),
    ("a.csv", "image\nx\n", {"boxes": ["a"]}, UsageError, "boxes need four columns"),
    ("a.txt", "image\nx\n", {}, InputError, "the name does not tell the format"),
    ("a.csv", "image\nx\n", {"format": "tar"}, UsageError, "no such format; found 'tar'"),
    ("a.csv", "image\nx\n", {"size": 2}, UsageError, "size must be a whole number of at least 4"),
    ("a.csv", "image\nx\n", {"fit": "squeeze"}, UsageError, "squeeze"),
    ("a.csv", "image\nx\n", {"step": 3}, UsageError, "no such step of labels; found '?3"),
    ("a.csv", "image\nx\n", {"pixels": "int8"}, UsageError, "int8"),
    ("a.csv", "image\nx\n", {"mask_kind": "cells"}, UsageError, "cells"),
    ("a.npz", "nothing", {}, InputError, "not a readable .npz"),
    ("a.xml", "<annotation>", {}, InputError, "not readable XML"),
    ("a.xml", "<boxes/>", {}, InputError, "not a file of boxes of Pascal VOC; found 'boxes'"),
    ("a.xml", "<!DOCTYPE x><annotation/>", {}, InputError, "not a file of boxes"),
    ("folder", None, {"format": "folder"}, InputError, "no such folder"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "options", "error", "message"), BAD_FILES)
def test_a_bad_file_or_option_is_an_error_of_one_line(tmp_path, name, text, options, error, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(error, match=message):
        list(read(tmp_path / name, **options))


def test_an_npz_whose_arrays_do_not_fit_is_refused(tmp_path):
    x = np.zeros((2, 4, 4), np.uint8)
    for arrays, message in (
        ({"x": x}, "the array 'images' is missing; found 'x'"),
        ({"images": x[0]}, "holds no images"),
        ({"images": x, "y": np.zeros(3)}, "'y' has not one value an image; found '3 for 2 images'"),
        ({"images": x, "y": np.array([{}, {}], object)}, "not a readable .npz"),
    ):
        np.savez(tmp_path / "a.npz", **arrays)
        with pytest.raises(InputError, match=message):
            list(read(tmp_path / "a.npz"))
    np.savez(tmp_path / "a.npz", images=x)
    with pytest.raises(InputError, match="the array 'm' is missing"):
        list(read(tmp_path / "a.npz", masks="m"))


def test_an_empty_folder_is_refused_and_a_map_that_is_missing_rejects_its_image(folder):
    (folder / "nothing").mkdir()
    with pytest.raises(InputError, match="the folder holds no images"):
        read(folder / "nothing")
    for name in ("set", "set/maps"):
        (folder / name).mkdir()
    Image.open(folder / "grey.png").save(folder / "set/a.png")
    Image.open(folder / "grey.png").save(folder / "set/b.png")
    Image.open(folder / "objects.png").save(folder / "set/maps/a.png")
    good, bad = read(folder / "set", masks="maps")
    assert len(good.fields["maps"]) == 120 and (bad.code, bad.reason) == (
        "NO_MASK", "no map of labels is called b")  # fmt: skip
    with pytest.raises(InputError, match="no such folder of maps"):
        read(folder / "set", masks="elsewhere")


def test_a_parquet_table_gives_what_a_csv_gives(folder):
    pd.DataFrame({"id": ["a"], "image": ["grey.png"], "y": [1.5]}).to_parquet(folder / "list.parquet")
    (record,) = read(folder / "list.parquet")
    assert record.fields == {"file": "grey.png", "y": 1.5}


BOXED = """<annotation><filename>rgb.png</filename>
<object><name>{}</name><bndbox><xmin>2</xmin><ymin>1</ymin><xmax>{}</xmax><ymax>9</ymax></bndbox></object>
<object><name>p</name><bndbox><xmin>11</xmin><ymin>0</ymin><xmax>12</xmax><ymax>1</ymax></bndbox></object>
</annotation>"""
LETTERS = ("cell=c", "p=p")


def boxed(folder, name="cell", right="10", **options):
    (folder / "rgb.xml").write_text(BOXED.format(name, right))
    return list(
        read(folder / "rgb.xml", **{"masks": "cells", "mask_kind": "boxes", "letters": LETTERS} | options)
    )


def test_boxes_of_a_whole_image_become_a_map_of_their_cores(folder):
    (record,) = boxed(folder)
    assert record.id == "rgb" and record.components["image"].shape == (10, 12, 3)
    rows = np.array(list(record.fields["cells"])).reshape(10, 12)
    core = np.full((10, 12), "o")
    core[3:7, 4:8], core[0, 11] = "c", "p"  # half as wide and high; at least one pixel
    assert rows.tolist() == core.tolist()


@pytest.mark.parametrize(("size", "step", "fit"), [(8, 1, "stretch"), (8, 2, "stretch"), (12, 4, "within")])
def test_every_box_is_seen_however_coarse_the_positions(folder, size, step, fit):
    (record,) = boxed(folder, size=size, step=step, fit=fit)
    assert {"c", "p"} <= {*record.fields["cells"]}


def test_where_cores_overlap_the_nearer_middle_counts():
    boxes = label_maps.BoxList([("a", (0, 0, 8, 8)), ("b", (2, 0, 10, 8))])
    codes = label_maps.cores(boxes, {"a": "a", "b": "b"}, (8, 10), (1, 1))
    assert codes[4].tobytes().decode() == "ooaaabbboo"


@pytest.mark.parametrize(
    ("name", "right", "options", "code", "reason"),
    [
        ("virus", "10", {}, "BAD_MASK", "a box has the class 'virus', which has no letter"),
        ("cell", "1", {}, "BAD_BOX", "the box 2 1 1 9 is empty"),
        ("cell", "40", {}, "BAD_BOX", "lies outside of the image"),
        ("cell", "ten", {}, "BAD_BOX", "is not four numbers"),
    ],
)
def test_an_image_with_a_bad_box_is_rejected(folder, name, right, options, code, reason):
    (item,) = boxed(folder, name, right, **options)
    assert isinstance(item, Rejection) and item.code == code and reason in item.reason


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mask_kind": "objects"}, "maps of boxes are made of files of Pascal VOC"),
        ({"letters": ["cell"]}, "a class of boxes needs a name and a letter"),
        ({"letters": ["cell=o"]}, "no letter for a class of boxes; found 'o'"),
        ({"letters": ["cell=xy"]}, "no letter for a class of boxes; found 'xy'"),
    ],
)
def test_options_that_make_no_map_of_boxes_are_refused(folder, options, message):
    with pytest.raises(UsageError, match=message):
        boxed(folder, **options)
    with pytest.raises(UsageError, match="maps of boxes are made"):
        list(read(table(folder, "a,grey.png,x.png", head="id,image,m"), masks="m", mask_kind="boxes"))
