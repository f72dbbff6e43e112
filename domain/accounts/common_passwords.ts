/** Passwords of 12 and more characters that are used most, in lower case; simpler ones are refused by the other rules. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  (
    "1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsxcde3 q1w2e3r4t5y6 qazwsxedcrfv qazwsxedc123 " +
    "1234qwerasdf asdf1234qwer qwer1234asdf qwerty123456 123456qwerty qwertyuiop12 administrator " +
    "administrator1 letmein12345 welcome12345 welcome2hark iloveyou1234 iloveyou2020 iloveyouforever " +
    "sunshine1234 princess1234 football1234 baseball1234 superman1234 trustno1trustno1 changeme1234 " +
    "changemechangeme correcthorsebatterystaple thisismypassword mypassword123 passw0rd1234 " +
    "p@ssw0rd1234 p@ssword1234 pa55word1234 motdepasse123 contrasena123 unitedkingdom manchesterunited " +
    "liverpoolfc1 chelseafootball arsenalfc123 londonlondon ukraine12345 slavaukraini slavaukrayini " +
    "dynamokyiv12 україна12345 славаукраїні пароль123456 monkeymonkey dragondragon masterofpuppets " +
    "starwars1234 starwarsstarwars leedsunited1 rangersfc123 celticfc1888 computer1234 internet1234 " +
    "michael12345 jennifer1234 jordan232323 charlie12345 ashley123456 summer2025!! winter2025!! " +
    "spring2026!! autumn2026!! password!234 qwerty!23456 abcd1234abcd a1b2c3d4e5f6 abc123abc123 " +
    "123qweasdzxc qweasdzxc123 1q2w3e4r5t6y7u 1qazxsw23edc zxcvbnm12345 asdfghjkl123"
  ).split(" "),
);
