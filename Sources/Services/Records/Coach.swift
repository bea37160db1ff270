/// A coach who knows some rules of running by heart, in Chinese and in English.
///
/// Nothing is asked of anybody else, and nothing is kept: the same question has the same answer.
public enum Coach {
    private struct Advice {
        /// Parts of words that tell what is asked about; English ones in lower case.
        var words: [String]
        var chinese: String
        var english: String
    }

    /// What to say to a question.
    ///
    /// - Parameter question: As it was typed; an empty one is greeted.
    /// - Returns: Chinese to a question with Chinese characters and to an empty one, English to others.
    public static func answer(to question: String) -> String {
        let asked = question.lowercased()
        let isChinese = asked.isEmpty || asked.unicodeScalars.contains { $0.properties.isIdeographic }
        // What may be an injury comes first, whatever else is asked.
        let advice = advice.first { $0.words.contains { asked.contains($0) } } ?? greeting
        return isChinese ? advice.chinese : advice.english
    }

    private static let greeting = Advice(
        words: [], chinese: "你好，我是你的跑步助手。可以问我热身、配速、训练计划、补水饮食、装备、天气或休息恢复。",
        english: """
            Hello, I am your running coach. Ask me about warming up, pace, a training plan, food and drink, shoes, the \
            weather, or rest.
            """)

    private static let advice = [
        Advice(
            words: ["疼", "痛", "受伤", "胸闷", "头晕", "pain", "hurt", "injur", "dizzy", "ache"],
            chinese: "请先停跑休息。局部疼痛可冰敷十五分钟并抬高，一周不见好转请就医；胸痛、头晕或呼吸困难请立即就医。",
            english: """
                Stop running first. Cool what hurts for a quarter of an hour and rest it; see a doctor if it is no better \
                in a week, and at once for pain in the chest, dizziness or trouble breathing.
                """),
        Advice(
            words: ["热身", "拉伸", "warm", "stretch"],
            chinese: "跑前快走或慢跑五到十分钟，再做高抬腿、踢臀和弓步各二十次；静态拉伸留到跑后，每个动作三十秒。",
            english: """
                Walk briskly or jog for five to ten minutes, then twenty high knees, heel kicks and lunges each; keep still \
                stretches, thirty seconds each, for after the run.
                """),
        Advice(
            words: ["配速", "速度", "心率", "pace", "speed", "fast", "heart rate"],
            chinese: "多数跑步应当轻松：能说完整句子的配速。每周一次快跑就够，例如六次四百米，中间慢跑两分钟。",
            english: """
                Most runs should be easy: a pace at which you can speak in sentences. One fast session a week is enough, \
                such as six times 400 m with two minutes of jogging between.
                """),
        Advice(
            words: ["计划", "马拉松", "五公里", "十公里", "里程", "plan", "marathon", "5k", "10k", "distance", "kilomet"],
            chinese: "每周跑三到四次，总里程每周增加不超过一成，每四周减量一周。马拉松前三周内不再加长距离。",
            english: """
                Run three or four times a week, add no more than a tenth to the week's distance, and make every fourth week \
                a lighter one. In the last three weeks before a marathon, run no new longest distance.
                """),
        Advice(
            words: ["喝水", "补水", "饮食", "吃", "drink", "water", "eat", "food"],
            chinese: "跑前两小时吃易消化的主食，喝一杯水；超过一小时的跑步，每二十分钟喝几口，出汗多时补些盐分。",
            english: """
                Eat something light two hours before and drink a glass of water; on runs of more than an hour drink some \
                mouthfuls every twenty minutes, with a little salt when you sweat a lot.
                """),
        Advice(
            words: ["鞋", "装备", "衣", "shoe", "gear", "wear"],
            chinese: "鞋要比脚长出一指宽，跑五百到八百公里后更换；衣服选排汗的，天冷分层穿，夜跑要有反光。",
            english: """
                Shoes should leave a thumb's width before your toes and be replaced after 500 to 800 km. Wear what carries \
                sweat away, in layers when it is cold, and something that reflects at night.
                """),
        Advice(
            words: ["天气", "下雨", "热", "冷", "weather", "rain", "hot", "cold"],
            chinese: "高温时放慢配速，避开正午；严寒时护住手和耳，逆风出发顺风回；雷雨和空气污染时改在室内。",
            english: """
                In heat run slower and not at noon; in the cold cover hands and ears and start against the wind; in \
                thunderstorms and bad air run indoors.
                """),
        Advice(
            words: ["休息", "恢复", "睡", "累", "rest", "recover", "sleep", "tired"],
            chinese: "每周至少休息一整天，睡够七到九小时；早晨心率比平时高出十次以上时，当天只散步。",
            english: """
                Rest at least one whole day a week and sleep seven to nine hours; when your pulse in the morning is ten \
                beats above the usual, only walk that day.
                """),
    ]
}
