// The official Anthropic client for Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';

const options = {
  apiKey: process.env.GATEWAY_KEY,
  authToken: null,
  baseURL: process.env.GATEWAY_URL,
  maxRetries: 0,
};
const client = new Anthropic(options);
const base = { max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] };
const tools = [{
  name: 'get_weather',
  description: 'Weather at a place',
  input_schema: {
    type: 'object', properties: { place: { type: 'string' } }, required: ['place'],
  },
}];
const models = { native: ['claude', 'anthropic-fake/'], translated: ['chat', 'fake/'] };

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
  test(`${name}: messages`, async () => {
    const answer = await client.messages.create({ ...base, model });
    assert.equal(answer.type, 'message');
    assert.equal(answer.model, model);
    assert.ok(answer.content[0].text.startsWith('The quick'));
    assert.equal(answer.stop_reason, 'end_turn');
    assert.ok(answer.usage.output_tokens > 0);
  });

  test(`${name}: stream`, async () => {
    const stream = client.messages.stream({ ...base, model: `${prefix}tokens=10` });
    let text = '';
    stream.on('text', (part) => { text += part; });
    const final = await stream.finalMessage();
    assert.equal(text.length, 40);
    assert.equal(final.content[0].text, text);
    assert.equal(final.usage.output_tokens, 10);
  });

  test(`${name}: tools`, async () => {
    const answer = await client.messages.create({ ...base, model, tools });
    assert.equal(answer.stop_reason, 'tool_use');
    const use = answer.content.find((part) => part.type === 'tool_use');
    assert.deepEqual(use.input, { place: 'text' });
    const next = await client.messages.create({
      ...base, model, tools,
      messages: [...base.messages, { role: 'assistant', content: answer.content },
        { role: 'user', content: [
          { type: 'tool_result', tool_use_id: use.id, content: 'sunny' }] }],
    });
    assert.equal(next.stop_reason, 'end_turn');
  });

  test(`${name}: tool stream`, async () => {
    const final = await client.messages.stream({ ...base, model, tools }).finalMessage();
    const use = final.content.find((part) => part.type === 'tool_use');
    assert.equal(use.name, 'get_weather');
    assert.deepEqual(use.input, { place: 'text' });
  });

  for (const [status, type] of [
    [400, Anthropic.BadRequestError], [401, Anthropic.AuthenticationError],
    [403, Anthropic.PermissionDeniedError], [404, Anthropic.NotFoundError],
    [429, Anthropic.RateLimitError], [500, Anthropic.InternalServerError],
  ]) {
    test(`${name}: upstream status ${status}`, async () => {
      await assert.rejects(
        client.messages.create({ ...base, model: `${prefix}status=${status}` }),
        (error) => error instanceof type && error.status === status);
    });
  }

  test(`${name}: a broken stream throws`, async () => {
    const stream = client.messages.stream({ ...base, model: `${prefix}tokens=20;rst=9` });
    let text = '';
    stream.on('text', (part) => { text += part; });
    await assert.rejects(stream.finalMessage(), Anthropic.AnthropicError);
    assert.ok(text.length > 0);
  });

  test(`${name}: abort cancels the call upstream`, async () => {
    const stream = client.messages.stream({ ...base, model: `${prefix}tokens=1000;tps=50` });
    await new Promise((resolve) => stream.once('text', resolve));
    stream.abort();
    await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
    await until(async () => (await inFlight()) === 0);
  });

  test(`${name}: time-out`, async () => {
    await assert.rejects(
      client.messages.create({ ...base, model: `${prefix}ttfb=5000` }, { timeout: 300 }),
      Anthropic.APIConnectionTimeoutError);
    await until(async () => (await inFlight()) === 0);
  });
}

test('thinking blocks survive', async () => {
  const model = 'anthropic-fake/thinking';
  const answer = await client.messages.create({ ...base, model });
  assert.equal(answer.content[0].type, 'thinking');
  assert.ok(answer.content[0].signature);
  const streamed = await client.messages.stream({ ...base, model }).finalMessage();
  assert.deepEqual(streamed.content[0], answer.content[0]);
});

test('count tokens', async () => {
  const answer = await client.messages.countTokens({ model: 'claude', messages: base.messages });
  assert.ok(answer.input_tokens > 0);
});

test('a wrong key is an AuthenticationError', async () => {
  const stranger = new Anthropic({ ...options, apiKey: 'sk-wrong-0123456789' });
  await assert.rejects(stranger.messages.create({ ...base, model: 'claude' }),
    Anthropic.AuthenticationError);
});

test('a bearer token works too', async () => {
  const bearer = new Anthropic({ ...options, apiKey: null, authToken: process.env.GATEWAY_KEY });
  const answer = await bearer.messages.create({ ...base, model: 'claude' });
  assert.equal(answer.type, 'message');
});
