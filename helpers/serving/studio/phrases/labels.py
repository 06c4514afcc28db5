"""Titles, introductions and buttons."""

LABELS = {
    "page.title": ("The studio", "创作室"),
    "page.intro": (
        "Small models of this course, at work on this computer. Nothing you type "
        "leaves it, and nobody else sees what you make.",
        "本课程的几个小模型，就在这台电脑上工作。您输入的内容不会离开这台电脑，别人"
        "也看不到您的作品。",
    ),
    "page.language": ("Language · 语言", "语言 · Language"),
    "page.foot": (
        "Results are kept on this page only: download what you want to keep. The "
        "same settings give the same result with the same models on the same kind "
        "of processor. These models are small: check what they say before you use "
        "it.",
        "结果只保存在本页面，请下载您想保留的内容。在同类处理器上，用同样的模型和设"
        "置会得到同样的结果。这些模型都很小，使用它们的回答之前请先核实。",
    ),
    "page.settings": ("Finer settings", "更多设置"),
    "page.again": ("Make it again", "重现结果"),
    "page.json": ("Settings as JSON", "设置（JSON）"),
    "page.json_info": (
        "After each result its settings stand here. Paste settings that you kept, "
        "and make the same again.",
        "每次生成后，这里会显示所用的设置。粘贴以前保存的设置，即可重现同样的结果。",
    ),
    "page.remake": ("Make it again from these settings", "用这些设置重新生成"),
    "page.stop": ("Stop", "停止"),
    "page.new_seed": ("New seed", "换一个种子"),
    "page.download": ("Download {name}", "下载 {name}"),
    "page.download_settings": ("Download settings", "下载设置"),
    "page.result": ("Result", "结果"),
    "write.tab": ("Write", "写作"),
    "write.intro": (
        "SmolLM2, a small language model, answers you or goes on with your text. "
        "It writes English best, and it makes things up.",
        "小型语言模型 SmolLM2 回答您的问题，或续写您的文字。它最擅长英文，也会编造"
        "内容。",
    ),
    "write.go": ("Write", "开始写作"),
    "draw.tab": ("Draw", "绘画"),
    "draw.intro": (
        "A network that has learned from Fashion-MNIST turns noise into small grey "
        "pictures of clothes.",
        "一个从 Fashion-MNIST 学习的网络，把噪声一步步变成灰度的服饰小图。",
    ),
    "draw.go": ("Draw", "开始绘画"),
    "speak.tab": ("Speak", "朗读"),
    "speak.intro": (
        "Two networks say digits in English: one draws the spectrogram, one turns "
        "it into sound. They know no other words.",
        "两个网络用英语念数字：一个画出频谱图，另一个把它变成声音。它们不会说别的词。",
    ),
    "speak.go": ("Speak", "开始朗读"),
    "compose.tab": ("Compose", "作曲"),
    "compose.intro": (
        "A small GPT that has read Bach's chorales writes for four voices.",
        "一个读过巴赫众赞歌的小型 GPT，为四个声部作曲。",
    ),
    "compose.go": ("Compose", "开始作曲"),
    "support.tab": ("Ask support", "询问客服"),
    "support.intro": (
        "An invented shop, Marlow & Finch, sells lamps, kettles and mixers. Its "
        "desk answers in English from its own passages and names the one it used, "
        "looks up your orders MF-31450 and MF-30033, or hands over to a person. A "
        "Chinese question is matched by titles only and always gets an answer: "
        "read it with care.",
        "虚构商店 Marlow & Finch 出售灯具、水壶和搅拌机。它的客服用英文、依据自己的"
        "资料回答并注明出处，可查询您的订单 MF-31450 和 MF-30033，或转交人工。中文"
        "问题只按标题匹配，而且总会得到回答，请谨慎对待。",
    ),
    "support.go": ("Send", "发送"),
    "support.new": ("New conversation", "新对话"),
    "support.customer": ("You", "您"),
    "support.desk": ("Desk", "客服"),
    "support.source": ("Source: {source}", "出处：{source}"),
    "support.hand-over": ("Handed over to a person", "已转交人工"),
}
