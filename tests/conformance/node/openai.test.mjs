// The official OpenAI client for Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';

const options = {
  apiKey: process.env.GATEWAY_KEY,
  baseURL: `${process.env.GATEWAY_URL}/v1`,
  maxRetries: 0,
};
const client = new OpenAI(options);
const messages = [{ role: 'user', content: 'Hello' }];
const tools = [{
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather at a place',
    parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  },
}];
// Both dialects behind the one surface.
const models = { native: ['chat', 'fake/'], translated: ['claude', 'anthropic-fake/'] };

async function inFlight() {
  const answer = await fetch(`${process.env.FAKE_URL}/__stats`);
  return (await answer.json()).in_flight;
}

async function until(condition) {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > end) assert.fail('condition did not come true');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

for (const [name, [model, prefix]] of Object.entries(models)) {
  test(`${name}: chat`, async () => {
    const answer = await client.chat.completions.create({ model, messages });
    assert.equal(answer.model, model);
    assert.equal(answer.choices[0].message.role, 'assistant');
    assert.ok(answer.choices[0].message.content.startsWith('The quick'));
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.ok(answer.usage.total_tokens > 0);
  });

  test(`${name}: stream`, async () => {
    const stream = await client.chat.completions.create({
      model: `${prefix}tokens=10`, messages, stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage = null;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? '';
      usage = chunk.usage ?? usage;
    }
    assert.equal(text.length, 40);
    assert.equal(usage.completion_tokens, 10);
  });

  test(`${name}: stream helper collects the whole answer`, async () => {
    const runner = client.chat.completions.stream({ model: `${prefix}tokens=10`, messages });
    const final = await runner.finalChatCompletion();
    assert.equal(final.choices[0].message.content.length, 40);
    assert.equal(final.choices[0].finish_reason, 'stop');
  });

  test(`${name}: tools`, async () => {
    const answer = await client.chat.completions.create({ model, messages, tools });
    assert.equal(answer.choices[0].finish_reason, 'tool_calls');
    const [call] = answer.choices[0].message.tool_calls;
    assert.equal(call.function.name, 'get_weather');
    assert.deepEqual(JSON.parse(call.function.arguments), { place: 'text' });
    const next = await client.chat.completions.create({
      model, tools,
      messages: [...messages, answer.choices[0].message,
        { role: 'tool', tool_call_id: call.id, content: 'sunny' }],
    });
    assert.equal(next.choices[0].finish_reason, 'stop');
  });

  test(`${name}: tool stream`, async () => {
    const runner = client.chat.completions.stream({ model, messages, tools });
    const final = await runner.finalChatCompletion();
    const [call] = final.choices[0].message.tool_calls;
    assert.equal(call.function.name, 'get_weather');
    assert.deepEqual(JSON.parse(call.function.arguments), { place: 'text' });
  });

  for (const [status, type] of [
    [400, OpenAI.BadRequestError], [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError], [404, OpenAI.NotFoundError],
    [422, OpenAI.UnprocessableEntityError], [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError], [503, OpenAI.InternalServerError],
  ]) {
    test(`${name}: upstream status ${status}`, async () => {
      await assert.rejects(
        client.chat.completions.create({ model: `${prefix}status=${status}`, messages }),
        (error) => error instanceof type && error.status === status &&
          error.message.includes('litellm.'));
    });
  }

  test(`${name}: a broken stream throws`, async () => {
    const stream = await client.chat.completions.create({
      model: `${prefix}tokens=20;rst=8`, messages, stream: true,
    });
    let text = '';
    await assert.rejects(async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
    }, OpenAI.APIError);
    assert.ok(text.length > 0);
  });

  test(`${name}: abort cancels the call upstream`, async () => {
    const stream = await client.chat.completions.create({
      model: `${prefix}tokens=1000;tps=50`, messages, stream: true,
    });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta?.content) break;
    }
    stream.controller.abort();
    await until(async () => (await inFlight()) === 0);
  });

  test(`${name}: time-out`, async () => {
    await assert.rejects(
      client.chat.completions.create({ model: `${prefix}ttfb=5000`, messages }, { timeout: 300 }),
      OpenAI.APIConnectionTimeoutError);
    await until(async () => (await inFlight()) === 0);
  });
}

test('JSON mode and structured output', async () => {
  const loose = await client.chat.completions.create({
    model: 'chat', messages, response_format: { type: 'json_object' },
  });
  assert.deepEqual(JSON.parse(loose.choices[0].message.content), { answer: 'text' });
  const strict = await client.chat.completions.parse({
    model: 'chat', messages,
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'reply', strict: true,
        schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      },
    },
  });
  assert.deepEqual(JSON.parse(strict.choices[0].message.content), { n: 1 });
});

test('several choices and log probabilities', async () => {
  const answer = await client.chat.completions.create({
    model: 'fake/tokens=3', messages, n: 2, logprobs: true,
  });
  assert.equal(answer.choices.length, 2);
  assert.equal(answer.choices[1].logprobs.content.length, 3);
});

test('images pass', async () => {
  const answer = await client.chat.completions.create({
    model: 'chat',
    messages: [{
      role: 'user',
      content: [{ type: 'text', text: 'look' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }],
    }],
  });
  assert.ok(answer.choices[0].message.content);
});

test('completions', async () => {
  const answer = await client.completions.create({ model: 'chat', prompt: 'Once' });
  assert.ok(answer.choices[0].text.length > 0);
  let text = '';
  for await (const part of await client.completions.create(
    { model: 'fake/tokens=5', prompt: 'Once', stream: true })) {
    text += part.choices[0]?.text ?? '';
  }
  assert.equal(text.length, 20);
});

test('embeddings', async () => {
  // The client asks for base64 and decodes it.
  const answer = await client.embeddings.create({ model: 'chat', input: ['a', 'b'], dimensions: 4 });
  assert.deepEqual(answer.data.map((item) => item.embedding),
    [[0, 1 / 64, 2 / 64, 3 / 64], [1 / 64, 2 / 64, 3 / 64, 4 / 64]]);
});

test('models', async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.ok(ids.includes('chat') && ids.includes('claude'), ids.join());
  assert.equal((await client.models.retrieve('chat')).id, 'chat');
});

test('a wrong key is an AuthenticationError', async () => {
  const stranger = new OpenAI({ ...options, apiKey: 'sk-wrong-0123456789' });
  await assert.rejects(stranger.chat.completions.create({ model: 'chat', messages }),
    OpenAI.AuthenticationError);
});

test('an unknown model is a BadRequestError', async () => {
  await assert.rejects(client.chat.completions.create({ model: 'none-such', messages }),
    OpenAI.BadRequestError);
});

test('raw answers show cost and call id', async () => {
  const { data, response } = await client.chat.completions
    .create({ model: 'chat', messages }).withResponse();
  assert.ok(data.id);
  assert.ok(Number(response.headers.get('x-litellm-response-cost')) > 0);
  assert.ok(response.headers.get('x-litellm-call-id'));
});

test('many calls at once', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) =>
    client.chat.completions.create({
      model: 'fake/echo', messages: [{ role: 'user', content: `number ${index}` }],
    })));
  answers.forEach((answer, index) =>
    assert.equal(answer.choices[0].message.content, `number ${index}`));
});
