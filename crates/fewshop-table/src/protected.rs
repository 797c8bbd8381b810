//! Columns that describe whom the law protects, recognised by their names.

/// Words in names of columns, in lower case: sex, age, origin, religion, family, disability,
/// orientation, in English, German, French, Spanish, Italian, Portuguese and Dutch. Compared with
/// the whole words of a name, so that `age` is not found in `percentage` or `mortgage`.
const WORDS: &str = "\
    sex gender geschlecht sexe sexo genero género sesso genere geslacht male female \
    männlich weiblich pregnant pregnancy pregnancies schwanger schwangerschaft enceinte embarazo \
    anrede salutation \
    age ages alter lebensalter edad età idade leeftijd âge birthday birthdate birthyear dob \
    birth geburtstag geburtsdatum geburtsjahr naissance nacimiento nascita nascimento \
    geboortedatum jahrgang \
    nationality nation citizenship citizen foreign foreigner immigrant migrant migration \
    ethnicity ethnic race racial native birthplace staatsangehörigkeit staatsangehoerigkeit \
    nationalität nationalitaet staatsbürgerschaft herkunft ausländer auslaender \
    migrationshintergrund ethnie geburtsland geburtsort nationalité nationalite origine \
    nacionalidad etnia raza nazionalità nazionalita nacionalidade raça nationaliteit tribe caste \
    religion religious faith konfession religión religione religião union gewerkschaft political \
    party \
    marital married marriage divorced widowed spouse familienstand zivilstand verheiratet ledig \
    matrimonial civil matrimonio children kids kinder enfants hijos figli filhos dependents \
    dependants \
    disability disabled handicap behinderung schwerbehindert discapacidad disabilità deficiência \
    orientation sexual sexuality lgbt";

/// Words in scripts without blanks, found anywhere in a name: Chinese, Japanese, Korean, Russian
/// stems and Arabic.
const PARTS: &str = "\
    性别 性別 年龄 年齡 年齢 出生 生日 生年 国籍 國籍 民族 种族 種族 人种 籍贯 籍貫 户籍 戶籍 户口 宗教 信仰 婚姻 已婚 未婚 配偶 结婚 結婚 子女 残疾 殘疾 残障 \
    障害 怀孕 懷孕 妊娠 政治面貌 性取向 性的指向 성별 나이 연령 생년 국적 종교 결혼 장애 возраст национальн гражданств семейн \
    религи инвалид рожден الجنس العمر الجنسية الدين";

/// Words of a name in lower case, split at everything that is no letter and at `camelCase`.
fn words(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphabetic() || (was_lower && c.is_uppercase()) {
            out.push(String::new());
        }
        was_lower = c.is_lowercase();
        if c.is_alphabetic()
            && let Some(word) = out.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    out.retain(|word| !word.is_empty());
    out
}

/// Whether a column with this name describes a protected attribute: sex, age, origin, religion,
/// family, disability or orientation. Only the name is read, so a column with a name that says
/// nothing has to be named by the table's owner.
#[must_use]
pub fn is_protected(name: &str) -> bool {
    let lower = name.to_lowercase();
    PARTS.split_whitespace().any(|part| lower.contains(part))
        || lower == "пол"
        || words(name)
            .iter()
            .any(|word| WORDS.split_whitespace().any(|known| known == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_columns_are_recognised_in_several_languages() {
        for name in [
            "sex",
            "Gender",
            "age_in_years",
            "personal_status_and_sex",
            "foreign_worker",
            "MaritalStatus",
            "Geschlecht",
            "Familienstand",
            "Alter (Jahre)",
            "Staatsangehörigkeit",
            "性别",
            "客户年龄",
            "婚姻状况",
            "国籍",
            "出生日期",
            "dateOfBirth",
            "edad",
            "nationalité",
        ] {
            assert!(is_protected(name), "{name}");
        }
    }

    #[test]
    fn words_that_only_contain_them_are_not() {
        for name in [
            "mortgage",
            "percentage",
            "average_balance",
            "storage",
            "Verwaltung",
            "wage",
            "message",
            "credit_amount",
            "阅读量",
            "essex_branch",
            "alternative",
            "racecar",
            "city",
            "x1",
            "page",
        ] {
            assert!(!is_protected(name), "{name}");
        }
    }
}
