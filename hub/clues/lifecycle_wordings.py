"""The words of every refusal. One entry per code; a test holds the two lists together."""

from collections.abc import Mapping
from typing import Final

from hub.clues.lifecycle_refusals import HUB, NX, ORDER_159, ORDER_310, RefusalCode, Wording

WORDINGS: Final[Mapping[RefusalCode, Wording]] = {
    RefusalCode.NOT_A_PARTY: Wording(
        "没有此移送或者记录，或者本机关不是其当事机关",
        "No such transfer or record, or your agency is not a party to it in this role",
        "请核对编号",
        "Check the id",
        "处罚法第二十二条",
    ),
    RefusalCode.NOT_ON_THIS_ROUTE: Wording(
        "本移送路线没有这一步骤", "This route has no such step", "请查看该路线的流程图", "See the route's picture"
    ),
    RefusalCode.ROLE_NOT_ALLOWED: Wording(
        "该步骤不由您的身份办理",
        "This step is not for your role",
        "请由有权人员办理",
        "Ask the officer in charge of it",
    ),
    RefusalCode.CHOICE_MISSING: Wording(
        "须写明答复的种类", "Say which answer it is", "请选择一种答复", "Choose one of the answers"
    ),
    RefusalCode.APPROVAL_REFUSED: Wording(
        "已不予批准，理由已记录在案",
        "Approval was refused, with the reasons on file",
        "有新的事实的，在同一案件中另行拟稿",
        "On new facts, draft a new transfer in the same case",
    ),
    RefusalCode.RECALLED: Wording(
        "已撤回，编号保留不再使用",
        "Recalled; its number stays used",
        "请另行拟稿，原期限不重新计算",
        "Draft a new transfer; no clock starts again",
    ),
    RefusalCode.CLOSED: Wording(
        "已办结",
        "Closed",
        "由接收机关主要负责人重新开启",
        "The receiver's principal officer may reopen it",
    ),
    RefusalCode.NOT_DRAFTED: Wording("尚未拟稿", "Not drafted yet", "请先拟稿", "Draft it first"),
    RefusalCode.NOT_A_DRAFT: Wording(
        "已不是草稿", "No longer a draft", "由主要负责人退回后可以修改", "It can be revised once it is sent back"
    ),
    RefusalCode.NOT_SUBMITTED: Wording("尚未报批", "Not submitted for approval", "请先报批", "Submit it first"),
    RefusalCode.AUTHOR_MAY_NOT_APPROVE: Wording(
        "拟稿、报批和承办人员不得审批",
        "Whoever drafted, submitted or handles it may not decide on it",
        "请由另一位主要负责人审批",
        "Another principal officer decides",
    ),
    RefusalCode.APPROVAL_REQUIRED: Wording(
        "须经主要负责人批准后移送",
        "The principal officer must approve it before it is sent",
        "请先报批",
        "Submit it for approval",
    ),
    RefusalCode.ALREADY_APPROVED: Wording("已经批准", "Already approved", "请发出", "Send it"),
    RefusalCode.NOT_SENT: Wording("尚未发出", "Not sent yet", "请先发出", "Send it first"),
    RefusalCode.ALREADY_SENT: Wording("已经发出", "Already sent", "签收前可以撤回", "Recall it before receipt"),
    RefusalCode.NOT_ARRIVED: Wording(
        "尚未送达", "Not arrived yet", "读取移送后即为送达", "It arrives when your client first reads it"
    ),
    RefusalCode.ALREADY_ARRIVED: Wording("已经送达", "Already arrived", "请签收回执", "Sign the receipt"),
    RefusalCode.RECEIPT_NOT_SIGNED: Wording(
        "应当受理并先签收回执",
        "It must be accepted: the receipt comes first",
        "请签收回执",
        "Sign the receipt",
        f"{NX}三（二）；{ORDER_310}第七条",
    ),
    RefusalCode.RECEIPT_SIGNED: Wording(
        "回执已签收",
        "The receipt has been signed",
        "有更正的，请补正或由接收机关办理",
        "Supplement it, or let the receiver finish",
    ),
    RefusalCode.NO_SUPPLEMENT_REQUESTED: Wording(
        "接收机关未要求补正", "No supplement was asked for", "无须补正", "Nothing to supply"
    ),
    RefusalCode.SUPPLEMENT_UNANSWERED: Wording(
        "补正尚未答复；不得以材料不全为由不接受或者终结",
        "The supplement is not answered; missing material is no ground to refuse or to end",
        "等待补正，或者立案、开始办理",
        "Wait for it, or file the case or start handling without it",
        f"{NX}三（二）；{ORDER_159}第一百八十条",
    ),
    RefusalCode.COMPETENCE_DISPUTED: Wording(
        "管辖有争议，等待指定",
        "Competence is in dispute",
        "请共同上级指定管辖",
        "The common superior designates",
        "处罚法第二十五条；监察法第十六条第三款",
    ),
    RefusalCode.COMPETENCE_NOT_DISPUTED: Wording(
        "没有管辖争议",
        "Competence is not in dispute",
        "无须指定",
        "Nothing to designate",
        "处罚法第二十五条；监察法第十六条第三款",
    ),
    RefusalCode.JURISDICTION_DESIGNATED: Wording(
        "管辖已经指定，不得再退回",
        "Jurisdiction was designated; it cannot be returned",
        "请依法办理",
        "Handle it",
        "处罚法第二十五条；监察法第十六条第三款",
    ),
    RefusalCode.OTHER_HANDLING: Wording(
        "接收机关的办理方式不同：医保、公安为立案或不予立案，其他机关为开始办理",
        "This receiver proceeds otherwise: 医保 and 公安 file or decline a case, the others start handling",
        "请使用相应步骤",
        "Use the step of this kind of agency",
    ),
    RefusalCode.NOT_DECIDED: Wording(
        "尚未立案或开始办理", "Not filed, declined or started yet", "请先立案或开始办理", "File, decline or start first"
    ),
    RefusalCode.ALREADY_DECIDED: Wording(
        "已经作出决定", "Already decided", "以更正、重新开启等步骤更正", "A correction is a step of its own"
    ),
    RefusalCode.NOT_DECLINED: Wording(
        "没有不予立案决定", "The case was not declined", "等待公安机关决定", "Wait for the decision"
    ),
    RefusalCode.NOT_FILED: Wording("尚未立案", "The case is not filed", "立案通知后办理", "After the filing notice"),
    RefusalCode.RECONSIDERATION_PENDING: Wording(
        "复议尚未答复", "The reconsideration is pending", "等待复议决定", "Wait for its answer"
    ),
    RefusalCode.RECONSIDERATION_USED: Wording(
        "已经提请复议",
        "Reconsideration was asked for once",
        "仍有异议的，建议检察院立案监督",
        "Ask the procuratorate for filing supervision",
    ),
    RefusalCode.NO_RECONSIDERATION: Wording(
        "没有待答复的复议", "No reconsideration is pending", "无须答复", "Nothing to answer"
    ),
    RefusalCode.SUPERVISION_REQUESTED: Wording(
        "立案监督已经提出", "Filing supervision is already under way", "等待检察院", "Wait for the procuratorate"
    ),
    RefusalCode.SUPERVISION_UNANSWERED: Wording(
        "检察院的要求尚未答复",
        "The procuratorate waits for an answer",
        "请先说明理由或者立案",
        "Explain or file first",
        f"{ORDER_310}第九条；{ORDER_159}第一百八十二条",
    ),
    RefusalCode.NOTHING_DEMANDED: Wording(
        "检察院没有待答复的要求", "The procuratorate demanded nothing", "无须答复", "Nothing to answer"
    ),
    RefusalCode.EXPLANATION_COMES_FIRST: Wording(
        "应当先要求说明不立案理由",
        "An explanation must be demanded first",
        "请先要求说明理由",
        "Demand an explanation",
    ),
    RefusalCode.FILING_DEMANDED: Wording(
        "检察院已通知立案，应当立案", "Filing was demanded", "请立案", "File the case"
    ),
    RefusalCode.NOT_OVERDUE: Wording(
        "公安机关尚未逾期", "Public security is not late", "期限届满后提出", "Ask when the clock has run out"
    ),
    RefusalCode.ARTICLES_NOT_HANDED_OVER: Wording(
        "移送机关尚未移交涉案物品和材料",
        "The sender has not handed over articles and material",
        "等待移交；没有物品的，由移送机关确认",
        "The sender hands over, or confirms that there are none",
        f"{ORDER_310}第十二条",
    ),
    RefusalCode.ARTICLES_HANDED_OVER: Wording("已经移交", "Already handed over", "无须再移交", "Nothing to do"),
    RefusalCode.NOT_HANDLED_AFTER_DECLINE: Wording(
        "不予立案后移送机关尚未依法处理",
        "The sender has not handled the declined case itself",
        "等待移送机关处理",
        "The sender handles it",
        f"{ORDER_310}第十条",
    ),
    RefusalCode.HANDLED_AFTER_DECLINE: Wording("已经依法处理", "Already handled", "无须再报", "Nothing to do"),
    RefusalCode.NOTICE_NOT_GIVEN: Wording(
        "尚未通报同级卫生健康部门",
        "The health agency of the same level has not been notified",
        "请通报，或者写明暂缓理由",
        "Notify it, or defer with the reason",
        f"{NX}三（二）",
    ),
    RefusalCode.NO_NOTICE_DUE: Wording("没有待通报事项", "No notice is due", "无须通报", "Nothing to notify"),
    RefusalCode.NOTHING_TO_DEFER_FOR: Wording(
        "没有可以暂缓通报的事由", "Nothing here allows a deferral", "请通报", "Give the notice"
    ),
    RefusalCode.RESULT_REQUIRED: Wording(
        "尚未反馈处理结果", "No result has been reported", "请先反馈结果", "Report the result first"
    ),
    RefusalCode.RESULT_ALREADY_REPORTED: Wording(
        "已反馈处理结果", "The result has been reported", "有变更的，更正结果", "Correct the result"
    ),
    RefusalCode.NOT_ACKNOWLEDGED: Wording(
        "移送机关尚未确认结果", "The sender has not acknowledged the result", "等待确认", "The sender acknowledges"
    ),
    RefusalCode.ALREADY_ACKNOWLEDGED: Wording("已经确认", "Already acknowledged", "无须再确认", "Nothing to do"),
    RefusalCode.NOT_CLOSED: Wording("尚未办结", "Not closed", "无须重新开启", "Nothing to reopen"),
    RefusalCode.REASON_REQUIRED: Wording("须写明理由", "A written reason is required", "请填写理由", "Give the reason"),
    RefusalCode.TWO_OFFICERS_REQUIRED: Wording(
        "须有两名以上执法人员承办",
        "At least two case officers are named",
        "请填写两名承办人",
        "Name two case officers",
        f"{ORDER_310}第五条",
    ),
    RefusalCode.CONTENTS_INCOMPLETE: Wording(
        "应附的内容不全", "What this step must contain is not complete", "请补齐所列内容", "Add what is listed"
    ),
    RefusalCode.RECEIVER_REQUIRED: Wording(
        "须写明另一个接收机关", "Name a receiver other than the present parties", "请填写接收机关", "Name the receiver"
    ),
    RefusalCode.RECEIVER_OF_OTHER_KIND: Wording(
        "接收机关的类别不属于本移送路线",
        "An agency of this kind is not on this route",
        "请另行移送",
        "Draft a transfer on the route of that agency",
    ),
    RefusalCode.PROCURATORATE_COPY_REQUIRED: Wording(
        "移送公安机关须同时抄送同级检察院",
        "A transfer to public security is copied to the procuratorate",
        "请填写检察院",
        "Name the procuratorate",
        f"{ORDER_310}第十四条；{HUB}",
    ),
}
