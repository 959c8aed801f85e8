# Counts the words on standard input, the most frequent first.
import collections
import sys

count = collections.Counter(sys.stdin.read().split())
for word, times in sorted(count.items(), key=lambda item: (-item[1], item[0])):
    print(times, word)
