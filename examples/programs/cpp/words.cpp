#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

// Counts the words on standard input, the most frequent first.
int main() {
    std::map<std::string, int> count;
    for (std::string word; std::cin >> word;) ++count[word];
    std::vector<std::pair<std::string, int>> all(count.begin(), count.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const auto &a, const auto &b) { return a.second > b.second; });
    for (const auto &[word, times] : all) std::cout << times << ' ' << word << '\n';
}
