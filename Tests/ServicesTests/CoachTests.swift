import Services
import Testing

@Suite("The coach")
struct CoachTests {
    @Test(
        "answers in the language of the question, to the point, and an injury before all else",
        arguments: [
            ("How do I warm up?", "high knees"), ("跑步前怎么热身？", "高抬腿"), ("What PACE for a marathon?", "in sentences"),
            ("my knee hurts, what pace?", "Stop running"), ("膝盖疼还能按计划跑吗", "停跑"), ("", "你好"), ("hello", "Hello"),
            ("???", "Hello"), (String(repeating: "热", count: 100_000), "高温"),
        ])
    func answers(question: String, part: String) {
        let answer = Coach.answer(to: question)
        #expect(answer.contains(part), "\(answer)")
        #expect(answer == Coach.answer(to: question))
    }
}
