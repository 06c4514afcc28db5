"""Each set's format, on small files invented here, and what is refused."""

import json

import pytest

from helpers.datasets import app_sets, text_sets
from helpers.datasets.loading import views

POEM = {"author": "李", "title": "月", "paragraphs": ["明月，", "清風。"], "tags": []}
LYRIC = {"author": "王", "rhythmic": "春", "paragraphs": ["花开。", " "], "tags": []}


@pytest.fixture
def files(tmp_path):
    def write(contents, encoding="utf-8"):
        paths = {}
        for name, content in contents.items():
            paths[name] = tmp_path / name
            paths[name].write_bytes(content.encode(encoding))
        return paths

    return write


def refused(parser, paths, message):
    with pytest.raises(ValueError, match=message):
        parser(paths)


def test_every_parser_of_the_catalogue_exists():
    from helpers import datasets

    for name, entry in datasets.catalogue().items():
        assert views(entry["parser"]), name
    with pytest.raises(ValueError, match="no parser 'csv'; wanted one of plain_text"):
        views("csv")


def test_plain_text(files):
    assert text_sets.plain_text(files({"input.txt": "To be"})) == "To be"
    refused(text_sets.plain_text, files({"input.txt": ""}), "is empty")


def test_grammar_news_is_2_mb_and_repeats():
    from helpers.grammar.grammar import GRAMMAR_NEWS

    text = text_sets.grammar_news({"grammar.txt": GRAMMAR_NEWS})
    assert len(text.encode()) >= 2_000_000
    assert text == text_sets.grammar_news({"grammar.txt": GRAMMAR_NEWS})


def test_chinese_poetry(files):
    paths = files(
        {"tang300.json": json.dumps([POEM]), "song300.json": json.dumps([LYRIC])}
    )
    assert text_sets.chinese_poetry(paths).to_dict("records") == [
        {"title": "月", "author": "李", "text": "明月，\n清風。", "collection": "tang"},
        {"title": "春", "author": "王", "text": "花开。", "collection": "song"},
    ]
    text = views("chinese_poetry")["text"](paths)
    assert text == "月\n明月，\n清風。\n\n春\n花开。\n"


@pytest.mark.parametrize(
    "content, message",
    [
        ("[]", "wanted a list with content"),
        ('{"author": "x"}', "wanted a list"),
    ],
)
def test_chinese_poetry_refuses(files, content, message):
    refused(text_sets.chinese_poetry, files({"tang300.json": content}), message)


NEWS_ZH = "title,author,text,collection\n春市,本报,花开。,city\n"
CITY = "headline,body,topic,picture_key,kernel\nA,b,sport,ball,1\nC,d,market,x,2\n"
AG = '"1","Fair opens","It ""opens"" today."\n"2","Rowers win","By a\\length."\n'


def test_city_news_zh(files):
    table = text_sets.city_news_zh(files({"x.csv": NEWS_ZH}))
    assert table.loc[0, "text"] == "花开。"
    paths = files({"x.csv": NEWS_ZH.replace("author", "name")})
    refused(text_sets.city_news_zh, paths, "lack author; wanted title, author")


def test_city_news_keeps_kernels_together(files):
    rows = [f"H {n},b,topic {n % 2},k,N,kernel {n % 14}\n" for n in range(140)]
    header = "headline,body,topic,picture_key,district,kernel\n"
    table = text_sets.city_news(files({"x.csv": header + "".join(rows)}))
    assert (table.groupby("kernel")["split"].nunique() == 1).all()
    for _, topic in table.groupby("topic"):
        counts = topic.groupby("split")["kernel"].nunique().to_dict()
        assert counts == {"train": 5, "validation": 1, "test": 1}
    assert set(table["district"]) == {"N"}


def test_city_news_keeps_its_own_split(files):
    own = "headline,body,topic,picture_key,kernel,split\n"
    table = text_sets.city_news(
        files({"x.csv": own + "A,b,x,k,1,test\nC,d,y,k,2,train\n"})
    )
    assert table["split"].tolist() == ["test", "train"]


def test_city_news_refuses_one_topic(files):
    paths = files({"x.csv": CITY.replace("market", "sport")})
    refused(text_sets.city_news, paths, r"labels \['sport'\]")


def ag_news(files, **parts):
    contents = {f"{name}.csv": content for name, content in parts.items()}
    return files({"classes.txt": "World\nSports\n"} | contents)


def test_ag_news_resplits_its_test_items(files):
    many = "".join(f'"{1 + n % 2}","Title {n}","Body {n}"\n' for n in range(400))
    table = text_sets.ag_news(ag_news(files, test=many))
    assert list(table) == ["headline", "body", "topic", "split"]
    assert set(table["split"]) == {"train", "validation", "test"}
    first = text_sets.ag_news(ag_news(files, test=AG)).iloc[0]
    assert first["topic"] == "World" and first["body"] == 'It "opens" today.'


def test_ag_news_with_train_keeps_the_test_items(files):
    many = "".join(f'"{1 + n % 2}","Title {n}","Body {n}"\n' for n in range(400))
    table = text_sets.ag_news(ag_news(files, test=AG, train=many))
    assert set(table["split"][:400]) == {"train", "validation"}
    assert table["split"][400:].tolist() == ["test", "test"]
    assert len(table) == 402


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "test.csv: is empty"),
        ('"1","Title only"\n', "test.csv, line 1: 2 fields"),
    ],
)
def test_ag_news_refuses(files, content, message):
    refused(text_sets.ag_news, ag_news(files, test=content), message)


def banking(files, test="text,category\nWhere?,card\nWhy?,fee\n"):
    train = 'text,category\n"Lost, help",card\nHow much?,fee\n'
    categories = '["card", "fee"]'
    return files({"categories.json": categories, "train.csv": train, "test.csv": test})


def test_banking77(files):
    table = text_sets.banking77(banking(files))
    assert table["text"].tolist() == ["Lost, help", "How much?", "Where?", "Why?"]
    assert table["split"].tolist() == ["train", "train", "test", "test"]


@pytest.mark.parametrize(
    "test, message",
    [
        ("text,intent\nWhere?,card\n", "test.csv: columns .* lack category"),
        ("text,category\nWhere?\n", "test.csv, line 2: 1 fields"),
    ],
)
def test_banking77_refuses(files, test, message):
    refused(text_sets.banking77, banking(files, test), message)


@pytest.mark.parametrize(
    "parser, names, row",
    [
        (
            text_sets.conll2003,
            ["eng.train", "eng.testa", "eng.testb"],
            "Ada NNP I-NP I-PER\nran VBD I-VP O\n\n",
        ),
        (
            text_sets.wnut17,
            ["wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"],
            "Ada\tB-PER\nran\tO\n\t\n",
        ),
    ],
)
def test_tagged_sets(files, parser, names, row):
    paths = files({name: row * count for count, name in enumerate(names, start=1)})
    table = parser(paths)
    splits = ["train", "validation", "validation", "test", "test", "test"]
    assert table["split"].tolist() == splits
    assert table.loc[0, "tokens"] == ["Ada", "ran"]
    assert table.loc[0, "tags"] == ["B-PER", "O"]
    paths[names[0]].write_text(row + "alone\n", encoding="utf-8")
    refused(parser, paths, rf"{names[0]}, line \d: 1 columns in \['alone'\]")


def phrases(files, low="Sales fell@negative\nZoë left@neutral\n", encoding="latin-1"):
    paths = files({f"Sentences_{n}Agree.txt": low for n in (50, 66, 75)}, encoding)
    return paths | files({"Sentences_AllAgree.txt": "Zoë left@neutral\n"})


def test_financial_phrasebank(files):
    paths = phrases(files, "Sales fell@negative\nZoë left@neutral\nMail @me@neutral\n")
    table = text_sets.financial_phrasebank(paths)
    levels = dict(zip(table["sentence"], table["agreement"], strict=True))
    assert levels == {"Sales fell": 75, "Zoë left": 100, "Mail @me": 75}
    assert set(table["sentiment"]) == {"negative", "neutral"}


def test_financial_phrasebank_refuses(files):
    parser = text_sets.financial_phrasebank
    refused(parser, phrases(files, encoding="utf-8"), "UTF-8; wanted .* latin-1")
    refused(parser, phrases(files, " \n"), "Sentences_50Agree.txt: is empty")


def movies(
    files, ratings="userId,movieId,rating,timestamp,,\n1,31,2.5,9,,x\n2,3,5,8,,\n"
):
    return files(
        {
            "ratings.csv": ratings,
            "movies.csv": 'movieId,title,genres\n31,"Boat, The (1999)",Drama|War\n',
            "tags.csv": "userId,movieId,tag,timestamp\n1,31,sea,9\n",
            "links.csv": "movieId,imdbId,tmdbId\n31,0114709,\n",
        }
    )


def test_movielens_small(files):
    tables = app_sets.movielens_small(movies(files))
    assert tables["ratings"].to_dict("list") == {
        "user": [1, 2],
        "item": [31, 3],
        "rating": [2.5, 5.0],
        "timestamp": [9, 8],
    }
    assert tables["movies"].loc[0, "title"] == "Boat, The (1999)"
    assert tables["links"].loc[0, "imdb"] == "0114709"  # zeros in front stay
    assert views("movielens_small")["table"](movies(files)).shape == (2, 4)


@pytest.mark.parametrize(
    "ratings, message",
    [
        ("userId,movieId,rating\n1,2,3\n", "lack timestamp"),
        ("userId,movieId,rating,timestamp\n1,2,six,4\n", "rating is 'six'"),
        ("userId,movieId,rating,timestamp\n1.5,2,3,4\n", "user is '1.5'; wanted int64"),
    ],
)
def test_movielens_small_refuses(files, ratings, message):
    refused(app_sets.movielens_small, movies(files, ratings), message)
