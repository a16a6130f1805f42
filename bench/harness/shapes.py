"""The requests that are sent. The model name tells fake_provider what to answer, and is the same
towards every server, so that all relay the same bytes."""

import dataclasses
import json
import pathlib

_SYSTEM = "You are a patient tutor. Answer in short sentences and name your sources."
_TEXT = ("Explain to a class of fourteen-year-olds why the sky is blue at noon and red at dusk, "
         "which experiment shows it, and what \"scattering\" means. ")


@dataclasses.dataclass(frozen=True)
class Shape:
    name: str
    text: str  # for the report
    model: str
    bytes_in: int
    stream: bool = False
    frames: int = 0  # events of the answer; 0: not a stream
    end: str = ""  # what the body must end with

    def body(self):
        content = {
            "model": self.model,
            "messages": [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": ""}],
            "max_tokens": 1024,
            "temperature": 0.2,
        }
        if self.stream:
            content["stream"] = True
            # A gateway that bills asks for usage anyway; asked for by all, the frames are equal.
            content["stream_options"] = {"include_usage": True}
        room = self.bytes_in - len(json.dumps(content))
        text = _TEXT * (room // len(_TEXT) + 1)
        # The quotes take two bytes each.
        text = text[:room]
        while len(json.dumps(text)) - 2 > room:
            text = text[:-1]
        content["messages"][1]["content"] = text
        return json.dumps(content).encode()

    def write(self, folder):
        path = pathlib.Path(folder) / f"{self.name}.json"
        path.write_bytes(self.body())
        return path


def stream(name, text, tokens, behaviour="", frames=0):
    model = f"fake/tokens={tokens}" + (";" + behaviour if behaviour else "")
    return Shape(name, text, model, 1024, stream=True, frames=frames, end="data: [DONE]")


CHAT = Shape("chat", "1 KB in, 0.6 KB out", "fake/tokens=20", 1024)
LONG_PROMPT = Shape("long_prompt", "300 KB in, 0.6 KB out", "fake/tokens=20;ok", 300_000)
