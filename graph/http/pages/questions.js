/* Questions about a dashboard: a box to ask in, and the conversation below it. Names and texts of
   answers are data, and are never parsed as HTML. */
import { element } from "./element.js";
import { watch } from "./live.js";
import { ask } from "./session.js";

const ASK = `
mutation AskQuestion($dashboard: ID!, $question: String!, $conversation: ID) {
  insightAsk(dashboardId: $dashboard, question: $question, conversationId: $conversation) {
    id conversationId question answer outcome confidence wording
    choices { label question }
  }
}`;

const JUDGE = `
mutation JudgeAnswer($id: ID!, $feedback: AnswerFeedback) {
  insightFeedback(id: $id, feedback: $feedback) { feedback }
}`;

const WATCH = `
subscription WatchAnswer($id: ID!) {
  insightAnswer(id: $id) { answer wording }
}`;

const LONGEST = 500; // characters of a question
const EXAMPLES = ["What should I look at?", "What is odd?", "Is the data complete?"];

/* Draws the box into an element. Drawing it again for the same dashboard changes nothing. */
export function showQuestions(place, dashboard) {
  if (place.dataset.dashboard === dashboard) return;
  place.dataset.dashboard = dashboard;
  let conversation = null;
  const said = element("ol", { className: "answers", "aria-live": "polite" });
  const input = element("input", {
    type: "text",
    id: "question",
    maxLength: LONGEST,
    autocomplete: "off",
    placeholder: "Why did sales fall last month?",
    required: true,
  });
  const button = element("button", { type: "submit" }, "Ask");
  const form = element(
    "form",
    { className: "asking" },
    element("label", { htmlFor: "question" }, "Ask about these numbers"),
    input,
    button,
  );
  const put = async (question) => {
    button.disabled = true;
    try {
      const { insightAsk } = await ask(ASK, { dashboard, question, conversation });
      conversation = insightAsk.conversationId;
      said.prepend(answerOf(insightAsk, put));
      input.value = "";
      examples.hidden = true;
    } catch (refusal) {
      said.prepend(element("li", { className: "notes", role: "alert" }, refusal.message));
    }
    button.disabled = false;
    input.focus();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    if (input.value.trim()) put(input.value);
  };
  const examples = choicesOf(
    EXAMPLES.map((question) => ({ label: question, question })),
    put,
  );
  place.replaceChildren(element("h2", {}, "Questions"), form, examples, said);
  place.hidden = false;
}

function answerOf({ id, question, answer, outcome, confidence, wording, choices }, put) {
  const text = element("p", {}, answer);
  if (wording === "PENDING") {
    watch(
      WATCH,
      { id },
      {
        next: ({ insightAnswer }) => {
          text.textContent = insightAnswer.answer;
        },
      },
    );
  }
  return element(
    "li",
    {},
    element("p", { className: "asked" }, question),
    text,
    choices.length ? choicesOf(choices, put) : null,
    outcome === "ANSWERED" ? judging(id, confidence) : null,
  );
}

function choicesOf(choices, put) {
  const buttons = choices.map(({ label, question }) =>
    element("button", { type: "button", onclick: () => put(question) }, label),
  );
  return element("div", { className: "choices" }, ...buttons);
}

/* Two buttons that say whether an answer is right. The pressed one takes it back. */
function judging(id, confidence) {
  const isSure = !confidence || Number(confidence) === 1;
  const sure = isSure ? "" : `right in ${100 * Number(confidence)} of 100 such cases · `;
  const buttons = [
    ["RIGHT", "Right"],
    ["WRONG", "Wrong"],
  ].map(([feedback, label]) => {
    const button = element("button", { type: "button", "aria-pressed": "false" }, label);
    button.onclick = async () => {
      const isPressed = button.getAttribute("aria-pressed") === "true";
      const { insightFeedback } = await ask(JUDGE, { id, feedback: isPressed ? null : feedback });
      for (const [one, value] of [
        [buttons[0], "RIGHT"],
        [buttons[1], "WRONG"],
      ])
        one.setAttribute("aria-pressed", String(insightFeedback.feedback === value));
    };
    return button;
  });
  return element("div", { className: "choices notes" }, `${sure}Is this right?`, ...buttons);
}
