"""What is said while and after something is made, and what is refused."""

MESSAGES = {
    "step.waiting": (
        "Waiting for its turn: one thing is made at a time.",
        "正在排队：一次只生成一个结果。",
    ),
    "step.loading": (
        "Getting the model ready; the first time takes up to a minute.",
        "正在准备模型；第一次最多需要一分钟。",
    ),
    "step.reading": (
        "Reading your text: {done} of {parts} tokens",
        "正在读您的文字：{done}/{parts} 个词元",
    ),
    "step.writing": (
        "Writing: {done} of at most {parts} tokens",
        "正在写作：{done} 个词元，最多 {parts} 个",
    ),
    "step.drawing": (
        "Drawing: step {done} of {parts}",
        "正在绘画：第 {done}/{parts} 步",
    ),
    "step.speaking": (
        "Speaking: digit {done} of {parts}",
        "正在朗读：第 {done}/{parts} 个数字",
    ),
    "step.composing": (
        "Composing: {done} of at most {parts} tokens",
        "正在作曲：{done} 个词元，最多 {parts} 个",
    ),
    "step.playing": ("Playing it and drawing its notes.", "正在演奏并绘制音符。"),
    "step.asking": (
        "The desk reads message {done} of {parts}.",
        "客服正在读第 {done}/{parts} 条消息。",
    ),
    "step.done": ("Done in {seconds} seconds.", "完成，用时 {seconds} 秒。"),
    "step.stopped": ("Stopped. Nothing more is made.", "已停止，不再生成。"),
    "write.made": ("The text", "文字"),
    "draw.made": ("{subject}, pictures: {count}", "{subject}，共 {count} 张"),
    "speak.made": (
        "The digits {digits} in the voice of {voice}",
        "用 {voice} 的声音念 {digits}",
    ),
    "speak.shown": (
        "Spectrogram of the digits {digits}: time to the right, pitch upwards, "
        "bright is loud",
        "{digits} 的频谱图：向右为时间，向上为音高，亮处声音大",
    ),
    "compose.made": (
        "The chorale: {quarters} quarter notes at {tempo} a minute",
        "众赞歌：{quarters} 个四分音符，每分钟 {tempo} 拍",
    ),
    "compose.midi": ("The notes as a MIDI file", "MIDI 音符文件"),
    "compose.shown": (
        "Piano roll of {quarters} quarter notes: time to the right, pitch upwards, "
        "a colour for each voice",
        "{quarters} 个四分音符的钢琴卷帘：向右为时间，向上为音高，每个声部一种颜色",
    ),
    "support.made": ("The conversation", "对话"),
    "refuse.empty": (
        "“{name}” is empty. Please fill it in.",
        "“{name}”是空的，请填写。",
    ),
    "refuse.long": (
        "“{name}” may have at most {most} characters; it has {given}.",
        "“{name}”最多 {most} 个字符，现在有 {given} 个。",
    ),
    "refuse.unicode": (
        "“{name}” holds a broken character.",
        "“{name}”中有损坏的字符。",
    ),
    "refuse.digits": (
        "“{name}” may hold digits from 0 to 9 only.",
        "“{name}”只能包含 0 到 9 的数字。",
    ),
    "refuse.whole": (
        "“{name}” wants a whole number from {least} to {most}; it is {given}.",
        "“{name}”应为 {least} 到 {most} 的整数，现在是 {given}。",
    ),
    "refuse.number": (
        "“{name}” wants a number from {least} to {most}; it is {given}.",
        "“{name}”应为 {least} 到 {most} 的数，现在是 {given}。",
    ),
    "refuse.choice": (
        "“{name}” wants one of {known}; it is {given}.",
        "“{name}”应为以下之一：{known}；现在是 {given}。",
    ),
    "refuse.flag": (
        "“{name}” wants true or false; it is {given}.",
        "“{name}”应为 true 或 false，现在是 {given}。",
    ),
    "refuse.turns": (
        "A conversation may have at most {most} messages. Please begin a new one.",
        "一次对话最多 {most} 条消息，请开始新对话。",
    ),
    "refuse.tokens": (
        "Your text has {given} tokens; with this length of answer at most {most} "
        "fit. Please shorten one of them.",
        "您的文字有 {given} 个词元；按这个回答长度最多 {most} 个。请缩短文字或回答。",
    ),
    "refuse.silent": (
        "No draft has a note. Please try another seed or more bars.",
        "没有一稿写出音符，请换一个种子或增加小节。",
    ),
    "refuse.unknown": (
        "There is no setting called {given}.",
        "没有名为 {given} 的设置。",
    ),
    "refuse.missing": ("The setting {given} is missing.", "缺少设置 {given}。"),
    "refuse.no_json": (
        "There are no settings yet. Make something first, or paste settings.",
        "还没有设置。请先生成一次，或粘贴设置。",
    ),
    "refuse.long_json": (
        "Settings may have at most {most} characters; these have {given}.",
        "设置最多 {most} 个字符，现在有 {given} 个。",
    ),
    "refuse.json": (
        "These are no settings of this studio: the JSON cannot be read.",
        "这不是本创作室的设置：无法读取这段 JSON。",
    ),
    "refuse.tab": (
        "These settings belong to the tab {given}, not to {tab}.",
        "这些设置属于标签页 {given}，不属于 {tab}。",
    ),
    "fail.model": ("A model is missing on this computer.", "这台电脑上缺少一个模型。"),
    "fail.other": (
        "That did not work. The reason stands in the studio's log.",
        "没有成功，原因见创作室的日志。",
    ),
}
