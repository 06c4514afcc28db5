"""Names in Chinese and Japanese characters, and in Hangul, that a label announces."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = Iterator[tuple[str, int, int]]

# Who somebody is: on forms, in letters and on parcels, in both ways of writing.
_ROLE = (
    r"(?:患者|病人|病患|病號|收件人|寄件人|收货人|收貨人|发件人|寄件者|收件者|发货人"
    r"|联系人?"
    r"|聯絡人|聯繫人|紧急联系人|緊急聯絡人|申请人|申請人|持卡人|户名|戶名|账户名"
    r"|帳戶名|客户"
    r"|客戶|家长|家長|学生|學生|学员|學員|乘客|乘车人|旅客|住户|住戶|业主|業主|户主"
    r"|戶主|租客"
    r"|承租人|出租人|房东|房東|房主|甲方|乙方|丙方|法定代表人|法人|被保险人|被保險人"
    r"|投保人"
    r"|要保人|受益人|原告|被告|当事人|當事人|经办人|經辦人|承辦人|负责人|負責人"
    r"|签收人|簽收人"
    r"|员工|員工|新同事|入职|监护人|監護人|收款人|付款人|汇款人|匯款人|预订人|预定人"
    r"|訂位人"
    r"|訂購人|订餐人|入住人|入住客人|住客|报案人|考生|借款人|出借人|担保人|购票人"
    r"|购买人|申报人"
    r"|证人|委托人|受托人|代办人|代领人|领取人|领款人|登记人|填表人|填报人|审核人"
    r"|审批人|复核人"
    r"|制表人|报名人|報名者|參加者|参会人|参赛者|值班人|主治医[生师]|主治醫師|责任人"
    r"|签名|簽名"
    r"|签字|签署人|当班|死者|产妇|产婦|亲属|家属|家屬|配偶|父亲|母亲|父親|母親|子女"
    r"|儿童"
    r"|幼儿|宝宝|新生儿|会员|會員|嘉宾|访客|訪客|来访人|司机|驾驶员|快递员|配送员"
    r"|班主任"
    r"|任课老师|老师|医生|医师|醫師|护士|护工|作者|卡主|机主|店长|校长|园长|投诉人"
    r"|举报人|反馈人|报修人|来电人|致电人"
    r"|下单人|买家|卖家|买方|卖方|买受人|出卖人|赠与人|遗嘱人|公证申请人|候选人"
    r"|应聘者|求职者"
    r"|推荐人|介绍人|经理人|项目经理|对接人|接机人|提货人|取件人|取票人|发起人"
    r"|当事者|车主"
    r"|患儿|宠物主人|主人|捐赠人|捐款人|志愿者|队长|教练|班长|組長|组长|抄送|此致)"
)
_NAME = (
    r"(?:姓 {0,4}名|氏 ?名|名 {0,2}字|本名|真名|真实姓名|曾用名|中文名|英文名|芳名"
    r"|お?名前"
    r"|ご芳名|全名|姓氏|성명|이름)"
)
# Japanese labels; a family name of any characters may follow.
# Any word for a person by its last character, before a colon: 主持人：, 新郎：
_SOMEBODY = (
    r"(?:[\u3400-\u9fff]{0,5}(?:人|者|员|員|师|師|长|長|主|生|客|友|编|編|属|屬|郎|娘|父|母|妻|夫"
    r"|儿|女|孙|经理|經理|主任|教授|助理|代表|总监|老师|老師|同学|姓名|干事|秘书|会计|出纳|编辑"
    r"|記者|记者|导演|导游|翻译|律师|法官|警官|队员|班长|家属|保姆|阿姨|师傅|小姐|先生|女士))"
)
_JAPANESE = (
    r"(?:氏 ?名|お?名前|ご芳名|患者名|契約者名?|受取人|担当者?|お客様名?|差出人"
    r"|届け先|宛名"
    r"|申込者|世帯主|保護者|口座名義)"
)
_DOUBLE = (
    "欧阳|司马|上官|诸葛|慕容|皇甫|端木|东方|独孤|南宫|夏侯|尉迟|长孙|宇文|司徒|令狐"
    "|公孙|轩辕|钟离"
    "|闻人|澹台|呼延|百里|东郭|西门|拓跋|公冶|濮阳|淳于|单于|太叔|申屠|仲孙|赫连"
    "|闾丘|司空|鲜于|公羊"
    "|万俟|歐陽|諸葛|司馬|東方|獨孤|上官|軒轅|令狐|尉遲|夏侯|皇甫"
)
_SINGLE = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
    "鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄"
    "和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭"
    "梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包左石崔吉钮龚程"
    "嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇"
    "栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党"
    "翟谭贡劳逄姬申扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易"
    "慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙"
    "乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉岳帅缑亢况郈有琴商牟佘佴伯赏墨哈谯笪年爱阳佟覃肖代"
    "張陳劉黃楊趙吳鄭馮衛蔣韓許呂嚴華謝鄒蘇葉鍾鐘賴盧陸鄧羅蕭顏龔閻湯藍關譚賀錢孫馬龍龐簡溫莊齊費聶顧"
    "萬畢區麥連練紀項過歐餘邱塗凃巫尤詹游姜童傅丘阮簡車樓應駱湛凃闕柳褚鐵仝佟苑牟展么冼禤練"
)
HAN = r"[\u3400-\u9fff]"
FAMILY = rf"(?:{_DOUBLE}|[{_SINGLE}])"
# Words that begin like a family name: 高血压 is no Mr Gao.
_STOP = (
    r"(?!不详|不詳|匿名|未知|保密|无名|無名|本人|同上|见附|如下|未填|待定|前台|门卫"
    r"|物业|客服"
    r"|微信|电话|電話|管理员|管理員|我们|自己|空白|不明|隐去|略|已经|没有|未留|单位"
    r"|公司|有限"
    r"|安静|安心|静候|高血|高烧|高热|高危|高度|高层|高级|方便|安排|安全|同意|时间|时候|平时|平安"
    r"|全家|全体"
    r"|全部|温度|万一|任何|常用|常住|常规|白班|白天|周[一二三四五六日末]|金额|金卡"
    r"|单号|单人|和谁"
    r"|别人|别名|连夜|连续|应该|应急|管家|经办|车主|车牌|车间|车队|路人|路过|项目"
    r"|计划|明细|明天"
    r"|严重|解决|解除|成功|成年|成人|花费|花园|能否|能不|何时|何人|牛奶|水费|水电"
    r"|时段|商家|商户"
    r"|游客|相关|相同|后勤|后续|后台|家人|家属|家长|家里|国内|国外|广告|文件|文员"
    r"|有误|有事|有空"
    r"|冷藏|空缺|红色|海外|海关|查无|查询|查收|党员|东门|西门|满意|包装|包裹|包间"
    r"|干净|元旦|马上"
    r"|黄色|蓝色|白色|黑色|曾经|曾做|于是|于今|向阳|支付|幸福|荣誉|施工|顾客|房号"
    r"|房间|房产"
    r"|经理|经常|通知|通话|安装|华为|金融|农业|农行|申请|申報|申报|程序|宣传|强烈"
    r"|强制|从未|从小"
    r"|易碎|文具|文档|边上|门口|门诊|双方|充值|利息|越来|师傅|红包|权限|益智|有无"
    r"|商品|商场|年龄"
    r"|代收|代办|代付|英文|英语|路口|干部|管理|石头|左手|左侧|左边|左腿|右|钟点|祝"
    r"|符合|宁愿"
    r"|和解|和平|毛病|毛巾|狄|计算|计件|宋体|麻烦|麻醉|贾|童装|童鞋|梅雨|盛大|夏天"
    r"|夏季|冬"
    r"|车票|车站|全国|全额|全款|公安|公证|公共|公积|东西|东侧|东边|利率|师范|相机"
    r"|查看|查体)"
)
# What may follow a name at once: the next field, or a way to address somebody.
_AFTER = (
    r"(?=性别|性別|电话|電話|手机|手機|身份证|身分證|身份證|出生|男|女|年龄|年齡"
    r"|住址|地址|职业"
    r"|联系|证件|生日|工号|卡号|账号|帐号|帳號|学号|床号|单号|邮箱|收$|先生|女士"
    r"|小姐|老师|老師"
    r"|医生|醫師|同学|同學|师傅|阿姨|太太|教授|经理|律师|主任|护士)"
)
HAN = r"[\u3400-\u9fff]"
_GIVEN = rf"{HAN}(?:  ?)?{HAN}?"
# Zhang San with blanks between, a Uighur or foreign name with its dots.
_FOREIGN = rf"{HAN}{{1,8}}(?:[·•・‧]{HAN}{{1,8}}){{1,3}}"
_WHOLE = rf"{_STOP}(?:{_FOREIGN}|{FAMILY} {{0,3}}{_GIVEN})"
_SEP = (
    r"(?: ?/ ?[^\W\d_][\w ]{0,14})?(?: ?[（(【\[][^）)】\]]{1,12}[）)】\]])?"
    r"(?:\*{0,2}\s{0,3}[:：=是为為|｜>→]\*{0,2}\s{0,4}[\"“「'【\[(（]?|\s{1,6}|叫"
    r"|[—–_-]{1,20}\s?|[.…·]{3,20}\s?)"
)
_CHINESE = re.compile(
    rf"(?P<label>{_NAME}|{_ROLE}(?:的?(?:中文)?姓 {{0,2}}名|名字|名称)?){_SEP}"
    rf"(?P<chinese>{_WHOLE}(?!{HAN})|{_WHOLE}{_AFTER}|{_STOP}{FAMILY}{HAN}{_AFTER}"
    rf"|(?:(?<=名[:：=|｜])|(?<=名 )|(?<=字[:：])|(?<=名[:：=] )|(?<=名[:：][“「]))"
    rf"{_STOP}{HAN}{{2,4}}(?!{HAN}))"
)
# 姓名郭子豪，今晚: nothing between; a field or a mark of punctuation must follow.
_CLOSE = re.compile(
    rf"(?:姓名|名字|户名|戶名)(?P<chinese>{_STOP}(?:{_FOREIGN}|{FAMILY}{HAN}{{1,2}})"
    rf"(?:(?!{HAN})|{_AFTER}))"
    rf"|{_ROLE}(?P<close>{_STOP}{FAMILY}{HAN}{{1,2}})"
    r"(?=[，,（(、]\s?(?:男|女|\d|<|系|年|身份|电话|電話|住|出生|手机|手機|卡"
    r"|账|工号|学号|证|取件|地址|邮箱|单号|编号|生日|床|房)"
    r"|(?:电话|手机|身份证|卡号|账号|帐号|证件)[:：\d ])"
)
# An English or other label before characters: "Name: 王芳", "Patient / 张伟"
_WESTERN = re.compile(
    r"(?<![A-Za-z])(?i:(?:full |patient |customer |guest |contact |chinese "
    r"|recipient )?"
    r"name(?: in chinese)?|patient|contact(?: person)?|recipient|customer|client|guest"
    r"|passenger|student|pupil|employee|payee|beneficiary|sender|consignee|applicant"
    r"|holder|cardholder|account holder|(?:[a-z]+_)?name|nom|nombre|nome|nazwisko)"
    r"(?: ?[(（][^)）]{1,20}[)）])?[\"']?\s?[:：=|][\"'“ ]{0,3}"
    rf"(?P<chinese>{_STOP}(?:{_FOREIGN}|{FAMILY} ?{HAN}{{1,2}})(?!{HAN}))"
)
_SOME = re.compile(
    rf"(?<!{HAN}){_SOMEBODY}(?:[（(][^）)]{{1,10}}[）)])?\s?[:：]\s?"
    rf"(?P<chinese>{_WHOLE}(?!{HAN})|{_WHOLE}{_AFTER})"
)
# The others of a list: 监考老师：曲文涛、那兰
_NEXT = re.compile(rf"\s?[、/&和及与]\s?(?P<chinese>{_WHOLE})(?!{HAN})")
_KANA = r"[\u3040-\u30ff\u3400-\u9fffー]"
_NIPPON = re.compile(
    rf"{_JAPANESE}(?:[（(][^）)]{{1,8}}[）)])?\s?[:：]\s?"
    rf"(?P<chinese>{_KANA}{{1,6}}[ ・](?!電話|生年|住所|性別|年齢|携帯|男|女|連絡|会員)"
    rf"{_KANA}{{1,8}}|[\u3400-\u9fff]{{3,5}}"
    rf"|[\u30a0-\u30ffー]{{3,12}})(?=様|さん|殿)?(?![\u3400-\u9fff\u30a0-\u30ff])"
)
_HANGUL = re.compile(
    r"(?:성명|이름|환자명?|고객명?|수취인|받는 ?사람|보내는 ?사람|예금주|담당자"
    r"|연락처 이름|보호자"
    r"|신청자|학생)\s?[:：]\s?(?P<chinese>[\uac00-\ud7a3]{2,4})(?![\uac00-\ud7a3])"
)
# A Chinese label before letters: 收款人：Odile Marchetti
_WORD = r"(?:[A-ZÀ-ÖØ-Þ](?:['’-]?[^\W\d_\u2e80-\U0010ffff])+(?![\w@])|[A-Z]\.)"
_LETTERS = re.compile(
    rf"(?:{_NAME}|{_ROLE}(?:的?(?:英文)?姓 {{0,2}}名|名字)?|拼音){_SEP}"
    r"(?:(?i:Mr|Mrs|Ms|Miss)\.? )?"
    rf"(?P<chinese>{_WORD}(?:,? (?:de |van |von |da |der |bin "
    rf"|la ){{0,2}}{_WORD}){{1,4}}"
    rf"|{_WORD} ?{HAN}{{1,3}}(?!{HAN})|{FAMILY} ?{_WORD}|(?<=名[:：]){_WORD}"
    rf"|(?<=名[:：] ){_WORD})"
)
_NO_PERSON = re.compile(
    r"(?:宠物|店铺|文件|公司|小区|产品|项目|网|用户|昵称|品牌|药品|猫|狗|商品|学校"
    r"|班级|路|街"
    r"|歌|书|菜|花|船|单位|活动|课程|机构|医院|银行|团队|游戏|角色|車|车型|设备|網"
    r"|使用者)的?$"
)
_FIRM = re.compile(
    r"\b(?:Ltd|Limited|Inc|LLC|GmbH|Co|Corp|Bank|Hotel|Support|Service|Team|Desk)\b"
)


def han_names(text: str) -> Found:
    """Find names in Chinese characters, kana or Hangul behind a label.

    Args:
        text: A plain copy of the text.

    Yields:
        "NAME" and the place; 先生 after a full name stays outside.
    """
    for pattern in (_NIPPON, _CHINESE, _CLOSE, _SOME, _WESTERN, _HANGUL, _LETTERS):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 4) : match.start()]
            name = "chinese" if match["chinese"] else "close"
            if not _NO_PERSON.search(before) and not _FIRM.search(match[name]):
                yield "NAME", *match.span(name)
                end = match.end(name)
                while more := _NEXT.match(text, end):
                    yield "NAME", *more.span("chinese")
                    end = more.end()
