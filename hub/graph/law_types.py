"""Types of the queries on public law (`hub/graph/law.py`): catalogues, rule packs with their deadlines, routing."""

from datetime import date
from enum import StrEnum
from typing import Any

import strawberry

from hub.clues.lifecycle_words import Route
from hub.law.vocabulary import PartyKind, Suspicion, Unit


@strawberry.enum(description="文件位阶 Rank of a document, highest first")
class RuleRank(StrEnum):
    LAW = "LAW"  # 法律、行政法规 Law
    RULE = "RULE"  # 部门规章 Departmental rule
    NOTICE = "NOTICE"  # 规范性文件 Notice, plan
    DRAFT = "DRAFT"  # 征求意见稿 Draft, in force nowhere
    PRACTICE = "PRACTICE"  # 新闻报道的做法 Practice, no duty
    HUB_DEFAULT = "HUB_DEFAULT"  # 平台规则 Rule of the hub


@strawberry.enum(description="该地该日是否有法律效力 Whether a document binds in that place on that day")
class RuleStanding(StrEnum):
    IN_FORCE = "IN_FORCE"
    HUB_DEFAULT = "HUB_DEFAULT"


RoutedPartyKind: Any = strawberry.enum(PartyKind, name="PartyKind", description="涉案主体类别 Who a case is about (R2)")
strawberry.enum(Suspicion, description="移送机关的怀疑 What is suspected beyond the codes")
PeriodUnit: Any = strawberry.enum(Unit, name="PeriodUnit", description="期间单位 Unit of a period")


@strawberry.type(
    description="依据：出自哪份文件哪一条，在该地该日有无法律效力 Where a result comes from, and whether it binds"
)
class RuleBasis:
    pack: strawberry.ID = strawberry.field(description="规则包 Id of the rule pack")
    version: int = strawberry.field(description="规则包版次 Edition of the pack")
    digest: str = strawberry.field(description="First 12 hex digits of the pack file's SHA-256 摘要")
    title_zh: str = strawberry.field(description="文件名称 Title of the document")
    title_en: str = strawberry.field(description="Its title in English 英文名称")
    clause: str = strawberry.field(description="条款 Clause, as the document counts it")
    rank: RuleRank = strawberry.field(description="位阶 Rank")
    territory: str = strawberry.field(
        description="适用地域（行政区划代码） Region that it speaks for; 000000 the country"
    )
    standing: RuleStanding = strawberry.field(description="效力 Whether it binds in the place and on the day asked for")
    confirmed: bool = strawberry.field(description="是否核对过原文 Whether the text was read in the original")
    notice_zh: str | None = strawberry.field(description="无法律效力的说明 Said where it does not bind here")
    notice_en: str | None = strawberry.field(description="The same in English")


@strawberry.type(description="一种违法违规情形 One kind of violation")
class ViolationKind:
    code: strawberry.ID = strawberry.field(description="代码，含义永不改变 Code; it never changes its meaning")
    number: int = strawberry.field(description="清单内序号 Its number in the list")
    zh: str = strawberry.field(description="文件原文 The document's own words")
    en: str = strawberry.field(description="In English 英文")
    short: str = strawberry.field(description="简称 Short title")
    other: bool = strawberry.field(description="“其他”项，须附文字说明 The 'other' member: needs a text")
    origin: str = strawberry.field(description="document, etc (its 等 in words), or hub 出处")
    criteria: list[str] = strawberry.field(description="认定标准 Criteria")
    exceptions: list[str] = strawberry.field(description="除外情形 Exceptions")
    related: list[strawberry.ID] = strawberry.field(
        description="其他清单中对应的代码 Codes of other lists for the same conduct"
    )


@strawberry.type(description="移送清单 A list of violations of one document (R3 to R7)")
class ViolationCatalogue:
    id: strawberry.ID = strawberry.field(description="清单代码，含文件及年份 Names the document and its year")
    requirement: str = strawberry.field(description="R3 to R7 需求编号")
    title_zh: str = strawberry.field(description="名称 Title")
    title_en: str = strawberry.field(description="Title in English 英文名称")
    derived: bool = strawberry.field(description="由平台据条款归纳 Put together by the hub from the clauses")
    basis: RuleBasis = strawberry.field(description="依据 Where it comes from")
    entries: list[ViolationKind] = strawberry.field(
        description="文件所列情形，依原顺序 The document's members, in its order"
    )
    other: ViolationKind = strawberry.field(
        description="“其他”项；清单自带的亦为末项 What is not named; the last entry where the list has one"
    )


@strawberry.type(description="期限规则 A deadline as one document sets it")
class DeadlineRule:
    name: strawberry.ID = strawberry.field(description="规则代码，deadline 的 rule 参数 Name, for `deadline(rule:)`")
    title_zh: str = strawberry.field(description="事项 What is due")
    title_en: str = strawberry.field(description="The same in English 英文")
    clause: str = strawberry.field(description="条款 Clause")
    actor: str = strawberry.field(description="办理方 sender, receiver, common_superior or system: who owes the step")
    starts_with: str = strawberry.field(description="起算事件 Event that it runs from, as read by default")
    amount: int = strawberry.field(description="数量；固定日期为0 How many units; 0 with a fixed date")
    unit: PeriodUnit = strawberry.field(description="单位 Unit")
    routes: list[Route] = strawberry.field(description="文件所规定的路线 Routes for which the document sets it")
    default_routes: list[Route] = strawberry.field(
        description="平台借用、无法律效力的路线 Routes to which the hub lends it, without legal force"
    )


@strawberry.type(description="规则包：一份文件 A rule pack: one document")
class RulePack:
    id: strawberry.ID = strawberry.field(description="代码 Id")
    version: int = strawberry.field(description="版次 Edition of the file")
    digest: str = strawberry.field(description="First 12 hex digits of its SHA-256 摘要")
    title_zh: str = strawberry.field(description="文件名称 Title")
    title_en: str = strawberry.field(description="Title in English 英文名称")
    form: str = strawberry.field(description="文种 Form of the document")
    number: str = strawberry.field(description="文号 Its number")
    rank: RuleRank = strawberry.field(description="位阶 Rank")
    territory: str = strawberry.field(description="适用地域 Region that it speaks for")
    effective_from: date | None = strawberry.field(description="施行日期；无则未施行 In force from; none: nowhere")
    effective_to: date | None = strawberry.field(description="失效日期 Until, inclusive")
    source: str = strawberry.field(description="来源 Where the text was read")
    confirmed: bool = strawberry.field(description="是否核对过原文 Whether it was read in the original")
    standing: RuleStanding = strawberry.field(description="效力 Whether it binds in the place and on the day asked for")
    notice_zh: str | None = strawberry.field(description="无法律效力的说明 Said where it does not bind here")
    notice_en: str | None = strawberry.field(description="The same in English")
    clauses: list[str] = strawberry.field(description="所引条款 Clauses that its rules cite")
    deadlines: list[DeadlineRule] = strawberry.field(description="所定期限 Deadlines that it sets or lends")


@strawberry.type(description="应移送的机关 A receiver, by kind and place")
class RoutedReceiver:
    kind: str = strawberry.field(description="机关类别 Kind of agency")
    region: str = strawberry.field(description="行政区划代码 Its region")
    level: int = strawberry.field(description="层级：0 国家 1 省 2 市 3 县 Its level")
    codes: list[strawberry.ID] = strawberry.field(description="据以移送的代码 The codes that lead there")
    elsewhere: bool = strawberry.field(description="不在移送机关辖区 The party belongs to another region")
    basis: RuleBasis = strawberry.field(description="依据 Rule that governs")
    others: list[RuleBasis] = strawberry.field(description="其他相关文件 Further documents on the same")
    why_zh: str = strawberry.field(description="理由 The rule in words")
    why_en: str = strawberry.field(description="The rule in English 英文")


@strawberry.type(description="应通报的机关 Who must be told: the procedure only")
class RoutedNotice:
    kind: str = strawberry.field(description="机关类别 Kind of agency; OWN_UNIT: the unit of the inspector")
    region: str = strawberry.field(description="行政区划代码 Its region")
    level: int = strawberry.field(description="层级 Its level")
    about: str | None = strawberry.field(description="所通报的移送之接收机关类别 Of the transfer to which kind")
    deferrable: bool = strawberry.field(description="可附理由暂缓 It may wait, with a reason on file")
    basis: RuleBasis = strawberry.field(description="依据 Rule that governs")
    why_zh: str = strawberry.field(description="理由 The rule in words")
    why_en: str = strawberry.field(description="The rule in English 英文")


@strawberry.type(description="指定管辖的机关 Who designates the competent agency")
class RoutedDesignation:
    kind: str = strawberry.field(description="机关类别 Kind of agency")
    region: str = strawberry.field(description="行政区划代码 Its region")
    level: int = strawberry.field(description="层级 Its level")
    basis: RuleBasis = strawberry.field(description="依据 Rule that governs")
    why_zh: str = strawberry.field(description="理由 The rule in words")
    why_en: str = strawberry.field(description="The rule in English 英文")


@strawberry.type(description="移送去向 To whom a finding goes, several at once (一案多查)")
class Routing:
    receivers: list[RoutedReceiver] = strawberry.field(description="应移送的机关 Receivers")
    notices: list[RoutedNotice] = strawberry.field(description="应通报的机关 Agencies to tell")
    designations: list[RoutedDesignation] = strawberry.field(description="指定管辖 Who designates across regions")
    own: list[strawberry.ID] = strawberry.field(description="本机关自行处理的代码 Codes that the sender handles itself")
    unrouted: list[strawberry.ID] = strawberry.field(description="无移送规则的代码 Codes that no rule sends anywhere")


@strawberry.input(description="涉案主体 Who the case is about")
class RoutedParty:
    kind: RoutedPartyKind = strawberry.field(description="类别 Kind")
    region: str | None = strawberry.field(
        default=None, description="所在地行政区划代码；不填为移送机关所在地 Its region; none: the sender's"
    )
