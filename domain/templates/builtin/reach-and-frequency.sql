-- How many people saw how many DSP impressions of a campaign, and of all campaigns together. A person
-- is counted once for each campaign, so the reach of two campaigns, or of two weeks, is not their
-- sum; the rows whose scope is all campaigns count everybody once.
WITH seen AS (
  SELECT campaign_id_string, campaign, user_id, impressions,
         total_cost / 100000 AS cost -- millicents
  FROM dsp_impressions
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
),
people AS (
  SELECT 'campaign' AS scope, campaign_id_string, campaign, user_id,
         SUM(impressions) AS frequency, SUM(cost) AS cost
  FROM seen
  GROUP BY campaign_id_string, campaign, user_id
  UNION ALL
  SELECT 'all campaigns', '', '', user_id, SUM(impressions), SUM(cost)
  FROM seen
  GROUP BY user_id
)
SELECT scope, campaign_id_string, campaign,
       CASE WHEN frequency >= {{most}} THEN {{most}} ELSE frequency END AS frequency,
       COUNT(DISTINCT user_id) AS reach,
       SUM(frequency) AS impressions,
       SUM(cost) AS cost
FROM people
GROUP BY 1, 2, 3, 4
