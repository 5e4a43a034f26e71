"""What runs within Redis: a commit and what is told of it in one step, and the processes' agreement about time.

    matinee:room:NAME    hash: a room's parts by name, and `version` and `epoch`
    matinee:told:NAME    list: its last publications without their parts, newest first, for a minute
    matinee:rooms        set: the names of all rooms
    matinee:due          sorted set: when each has to be looked at, s of room time
    matinee:clock        hash: `common_clock.Agreement`, field by field
    matinee:beats        hash: JSON of `common_clock.Beat` by process
    matinee:unreadable:NAME    what was there and could not be read: for a person to look at
    channel matinee:room:NAME: its publications

One process's death can't come between a change and the news of it, since Redis runs a script whole or not at all.
"""

from __future__ import annotations

from server.core.publication import NO_ROOM, Publication, keep, publish
from server.core.replica import Attempt

ROOM = "matinee:room:"
TOLD = "matinee:told:"
ROOMS = "matinee:rooms"
DUE = "matinee:due"
CLOCK = "matinee:clock"
BEATS = "matinee:beats"
UNREADABLE = "matinee:unreadable:"

COMMITTED, CONFLICT, FULL = 1, 0, -1

COMMIT = """
-- KEYS room rooms due told; ARGV expected version name deadline rooms_most how epoch publication its_kept_form,
-- then parts and texts
local held = redis.call('HGET', KEYS[1], 'version') or ''
if held ~= ARGV[1] then
    return {0, redis.call('HGETALL', KEYS[1])}
end
if ARGV[6] == 'gone' then
    redis.call('DEL', KEYS[1])
    redis.call('SREM', KEYS[2], ARGV[3])
    redis.call('ZREM', KEYS[3], ARGV[3])
else
    if held == '' then
        if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[5]) then return {-1} end
        redis.call('SADD', KEYS[2], ARGV[3])
    end
    if ARGV[6] == 'whole' then redis.call('DEL', KEYS[1]) end
    for i = 10, #ARGV, 2 do
        if ARGV[i + 1] == '' then
            redis.call('HDEL', KEYS[1], ARGV[i])
        else
            redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
        end
    end
    redis.call('HSET', KEYS[1], 'version', ARGV[2], 'epoch', ARGV[7])
    if ARGV[4] == '' then
        redis.call('ZREM', KEYS[3], ARGV[3])
    else
        redis.call('ZADD', KEYS[3], ARGV[4], ARGV[3])
    end
end
redis.call('LPUSH', KEYS[4], ARGV[9])
redis.call('LTRIM', KEYS[4], 0, 15)
redis.call('EXPIRE', KEYS[4], 60)
redis.call('PUBLISH', KEYS[1], ARGV[8])
return {1}
"""

BEAT = """
-- KEYS clock beats; ARGV process beat lived, then processes that are dead
if ARGV[2] ~= '' then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end
for i = 4, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
local lived = redis.call('HGET', KEYS[1], 'lived')
if ARGV[3] ~= '' and (not lived or tonumber(ARGV[3]) > tonumber(lived)) then
    redis.call('HSET', KEYS[1], 'lived', ARGV[3])
end
return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}
"""

AGREE = """
-- KEYS clock due; ARGV expected generation, is it another epoch, then fields and values
if (redis.call('HGET', KEYS[1], 'generation') or '') ~= ARGV[1] then return 0 end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
if ARGV[2] == '1' and redis.call('EXISTS', KEYS[2]) == 1 then
    redis.call('ZUNIONSTORE', KEYS[2], 1, KEYS[2], 'WEIGHTS', 0) -- all rooms are due: to be moved to the new time
end
return 1
"""

Command = tuple[str | bytes | int | float, ...]


def commit_command(sha: str, attempt: Attempt, author: str, rooms_most: int) -> Command:
    """The command that commits an attempt; its answer begins with COMMITTED, CONFLICT or FULL."""
    name, after = attempt.change.name, attempt.change.after
    epoch = "" if after is None else after.epoch
    how = "gone" if after is None else "whole" if attempt.is_whole and attempt.expected != NO_ROOM else "parts"
    publication = Publication.of(
        attempt.version,
        author,
        epoch,
        attempt.parts,
        attempt.change.outbox,
        is_gone=after is None,
        is_whole=attempt.is_whole,
    )
    parts = [text for part, value in attempt.parts.items() for text in (part, value or "")]
    due = "" if attempt.due is None else repr(float(attempt.due))
    return (
        *("EVALSHA", sha, 4, ROOM + name, ROOMS, DUE, TOLD + name),
        *(attempt.expected.text, attempt.version.text, name, due, rooms_most, how, epoch),
        *(publish(publication), keep(publication)),
        *parts,
    )


def pairs(flat: list[bytes]) -> dict[str, str]:
    """A hash as Redis returns it."""
    texts = [each.decode() for each in flat]
    return dict(zip(texts[::2], texts[1::2], strict=True))
